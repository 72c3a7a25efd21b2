package e2e

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// installAsArgoCD renders the chart as Argo CD does, with what the cluster has, and
// applies its objects wave by wave, each when the one before is healthy. It deletes the
// waves in the opposite order.
func installAsArgoCD(shutdownDelay string) func(*testing.T) (upgrade, uninstall func()) {
	return func(t *testing.T) (upgrade, uninstall func()) {
		ensureNamespace(t, installation.Namespace)
		delay := "--set=shutdownDelaySeconds=" + shutdownDelay
		var waves []string
		remove := func(ctx context.Context) {
			t.Helper()
			for _, wave := range slices.Backward(waves) {
				if _, err := shared.KubectlWith(ctx, wave, "delete", "--ignore-not-found", "--filename=-"); err != nil {
					t.Error(err)
				}
			}
		}
		t.Cleanup(func() {
			remove(context.Background())
			awaitNoPods(t, ofOutrigger)
			forgetAuthority(t, "")
		})
		sync := func(flags ...string) {
			t.Helper()
			waves = wavesOf(t, helm(t, 3, append([]string{
				"template", "outrigger", theChart, "--namespace=" + installation.Namespace, "--kube-version=1.37", "--include-crds",
				"--api-versions=admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", "--api-versions=apps/v1/Deployment",
			}, flags...)...))
			for _, wave := range waves {
				if err := shared.Apply(t.Context(), wave); err != nil {
					t.Fatal(err)
				}
				kubectl(t, installation.Namespace, "rollout", "status", patience, "deployment/outrigger")
			}
		}
		sync(delay)
		// When the last wave is applied, Argo CD calls the application healthy.
		awaitOpen(t)
		return func() { sync(delay, "--set=logLevel=debug,webhook.timeoutSeconds=7") }, func() { remove(t.Context()) }
	}
}

// wavesOf are the manifests of each wave, in order. Of a List Argo CD takes the items.
func wavesOf(t *testing.T, manifests string) []string {
	t.Helper()
	waves := map[string]*bytes.Buffer{}
	add := func(o *unstructured.Unstructured) {
		wave := o.GetAnnotations()["argocd.argoproj.io/sync-wave"]
		if waves[wave] == nil {
			waves[wave] = &bytes.Buffer{}
		}
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		waves[wave].WriteString("---\n" + string(text))
	}
	for document := range strings.SplitSeq(manifests, "\n---\n") {
		var o unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			t.Fatal(err)
		}
		switch {
		case o.IsList():
			if err := o.EachListItem(func(item runtime.Object) error {
				add(item.(*unstructured.Unstructured))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		case len(o.Object) > 0:
			add(&o)
		}
	}
	if len(waves) != 2 || waves["1"] == nil {
		t.Fatalf("there are %d waves", len(waves))
	}
	return []string{waves[""].String(), waves["1"].String()}
}
