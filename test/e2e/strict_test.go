package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
)

// TestEveryOptionIsAccepted has the API server take, and not store, all that the
// chart makes under every option that its own tests know, and the plain manifests.
// It refuses what has a field that its kind lacks.
func TestEveryOptionIsAccepted(t *testing.T) {
	defineKinds(t)
	rendered := t.TempDir()
	output(t, "go", "-C", "../chart", "run", "./cmd/render", "-every-option", rendered)
	files, err := filepath.Glob(filepath.Join(rendered, "*.yaml"))
	if err != nil || len(files) < 40 {
		t.Fatalf("there are %d installations (%v), want those of test/chart", len(files), err)
	}
	for _, file := range append(files, thePlain) {
		for _, object := range readObjects(t, file) {
			if namespace := object.GetNamespace(); namespace != "" {
				ensureNamespace(t, namespace)
			}
		}
	}
	create := strictly(t)
	for _, file := range append(files, thePlain) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			for _, object := range readObjects(t, file) {
				if object.GetKind() == "Namespace" {
					object.SetName("another") // the one that it names may be there
				}
				if err := create(t.Context(), object); err != nil {
					t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
				}
			}
		})
	}

	// That a wrong field is refused is what all this stands on.
	for _, tt := range []struct{ manifest, field string }{
		{`{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 1, "porter": 2}]}}`, "porter"},
		{`{"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "i"}, "spec": {"selfSigned": {}, "signed": true}}`, "signed"},
		{`{"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "p"}, "spec": {"group": []}}`, "group"},
	} {
		var object unstructured.Unstructured
		if err := json.Unmarshal([]byte(tt.manifest), &object.Object); err != nil {
			t.Fatal(err)
		}
		object.SetNamespace("default")
		if err := create(t.Context(), &object); err == nil || !strings.Contains(err.Error(), tt.field) {
			t.Errorf("the error for %s is %v, want one about %s", tt.manifest, err, tt.field)
		}
	}
}

// defineKinds adds the kinds that are not Kubernetes' own, until the test ends.
func defineKinds(t *testing.T) {
	t.Helper()
	var module struct{ Dir string }
	if err := json.Unmarshal(output(t, "go", "-C", "../chart", "mod", "download", "-json", "github.com/cert-manager/cert-manager"), &module); err != nil {
		t.Fatal(err)
	}
	for _, files := range []string{filepath.Join(module.Dir, "deploy", "crds"), "testdata/monitoring-crds.yaml"} {
		kubectl(t, "", "apply", "--server-side", "--filename="+files)
		t.Cleanup(func() {
			if _, err := shared.Kubectl(context.Background(), "delete", "--ignore-not-found", "--filename="+files); err != nil {
				t.Error(err)
			}
		})
	}
	kubectl(t, "", "wait", patience, "--for=condition=Established", "crd", "--all")
}

// strictly returns what has the API server admit an object and not store it.
func strictly(t *testing.T) func(context.Context, *unstructured.Unstructured) error {
	t.Helper()
	groups, err := restmapper.GetAPIGroupResources(shared.Client.Discovery())
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	client, err := dynamic.NewForConfig(shared.Config())
	if err != nil {
		t.Fatal(err)
	}
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict}
	return func(ctx context.Context, object *unstructured.Unstructured) error {
		kind := object.GroupVersionKind()
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			return err
		}
		_, err = client.Resource(mapping.Resource).Namespace(object.GetNamespace()).Create(ctx, object, options)
		return err
	}
}

func readObjects(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(f, 4096); ; {
		object := &unstructured.Unstructured{}
		switch err := decoder.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return objects
		case err != nil:
			t.Fatalf("%s: %v", file, err)
		case object.Object != nil:
			objects = append(objects, object)
		}
	}
}

// output runs a command and returns what it printed.
func output(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}
