package integrations_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	yamlstream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// template is the command that renders Outrigger's own chart. The version is what Helm 3
// would be told when it is built.
const template = `helm template outrigger "$OUTRIGGER/deploy/chart" --namespace outrigger-system --kube-version 1.37.0 --set serviceMonitor.enabled=true `

// ofCluster are arguments by which Argo CD tells Helm what the cluster has.
const ofCluster = ` --api-versions v1 --api-versions admissionregistration.k8s.io/v1` +
	` --api-versions admissionregistration.k8s.io/v1/MutatingWebhookConfiguration --api-versions apps/v1 --api-versions apps/v1/Deployment` +
	` --api-versions monitoring.coreos.com/v1/ServiceMonitor --include-crds`

// TestChartIsTheSameForAll renders Outrigger's chart as programs do that take what
// Helm renders and apply it themselves: each gets the same objects, each of them once.
func TestChartIsTheSameForAll(t *testing.T) {
	dir := workplace(t)
	if err := os.CopyFS(filepath.Join(dir, "charts", "outrigger"), os.DirFS(filepath.Join(root, "deploy", "chart"))); err != nil {
		t.Fatal(err)
	}
	render := func(script string, tools ...string) []*unstructured.Unstructured {
		t.Helper()
		manifests, _ := run(t, dir, tools, script)
		return items(t, manifests)
	}
	want := names(render(template, "helm4"))
	if !slices.Contains(want, "MutatingWebhookConfiguration outrigger") || len(want) < 11 {
		t.Fatalf("Helm renders %q", want)
	}
	// What Flux' helm-controller does to what Helm renders, before Helm has it: labels of
	// its own, by kustomize.
	write(t, filepath.Join(dir, "flux.sh"), `#!/bin/bash
set -e
mkdir -p flux && cat > flux/all.yaml
cat > flux/kustomization.yaml <<'END'
resources: [all.yaml]
labels:
- pairs: {helm.toolkit.fluxcd.io/name: outrigger, helm.toolkit.fluxcd.io/namespace: outrigger-system}
END
kustomize build flux
`)
	if err := os.Chmod(filepath.Join(dir, "flux.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "kustomization.yaml"), `
helmGlobals: {chartHome: charts}
helmCharts:
- name: outrigger
  releaseName: outrigger
  namespace: outrigger-system
  kubeVersion: 1.37.0
  valuesInline: {serviceMonitor: {enabled: true}}
`)
	for how, got := range map[string][]*unstructured.Unstructured{
		"Argo CD, with Helm 3":               render(template+ofCluster, "helm3"),
		"Argo CD, with Helm 4":               render(template+ofCluster, "helm4"),
		"Terraform, kapp-controller, Helm 3": render(template+"--include-crds", "helm3"),
		"Flux, Helm 3":                       render(template+"--post-renderer ./flux.sh", "helm3", "kustomize"),
		"kustomize, Helm 3":                  render("kustomize build --enable-helm .", "helm3", "kustomize"),
	} {
		if diff := cmp.Diff(want, names(got)); diff != "" {
			t.Errorf("%s (-helm template +it):\n%s", how, diff)
		}
		for _, o := range got {
			if _, hook := o.GetAnnotations()["helm.sh/hook"]; hook {
				t.Errorf("%s: %s is a hook, which not all of them take for one", how, name(o))
			}
			if strings.HasPrefix(how, "Flux") && o.GetLabels()["helm.toolkit.fluxcd.io/name"] == "" {
				t.Errorf("%s: %s has no label of Flux", how, name(o))
			}
		}
	}
}

// TestArgoCDWaves sorts the chart's objects as Argo CD does, by their waves: what sends
// pods is made when all else is healthy. It deletes in the opposite order.
func TestArgoCDWaves(t *testing.T) {
	manifests, _ := run(t, workplace(t), []string{"helm3"}, template+ofCluster)
	for _, o := range items(t, manifests) {
		want := ""
		if o.GetKind() == "MutatingWebhookConfiguration" {
			want = "1"
		}
		if got := o.GetAnnotations()["argocd.argoproj.io/sync-wave"]; got != want {
			t.Errorf("%s is in wave %q, want %q", name(o), got, want)
		}
	}
}

// items are the objects of a stream, with those of a List in its place, as all
// these programs take them.
func items(t *testing.T, manifests []byte) (all []*unstructured.Unstructured) {
	t.Helper()
	documents := yamlstream.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(document, &o.Object); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		switch {
		case len(o.Object) == 0:
		case o.IsList():
			if err := o.EachListItem(func(item runtime.Object) error {
				all = append(all, item.(*unstructured.Unstructured))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		default:
			all = append(all, o)
		}
	}
}

func name(o *unstructured.Unstructured) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", o.GroupVersionKind().Kind, o.GetName()))
}

func names(objects []*unstructured.Unstructured) (names []string) {
	for _, o := range objects {
		names = append(names, name(o))
	}
	slices.Sort(names)
	return names
}
