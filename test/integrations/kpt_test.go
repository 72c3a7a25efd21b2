package integrations_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/fn/runtime/exec"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestPackage changes a folder of manifests in place as kpt does, with the
// library that kpt is made of.
func TestPackage(t *testing.T) {
	dir := filepath.Join(workplace(t), "shop-manifests")
	function := &exec.Filter{Path: filepath.Join(bin, "outrigger", "outrigger"), Args: []string{"krm-function"}, WorkingDir: dir}
	function.FunctionConfig = yaml.MustParse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: function-input}\ndata: {profile: istio, namespace: shop, quiet: 'true'}\n")
	err := kio.Pipeline{
		Inputs:  []kio.Reader{kio.LocalPackageReader{PackagePath: dir}},
		Filters: []kio.Filter{function},
		Outputs: []kio.Writer{kio.LocalPackageWriter{PackagePath: dir}},
	}.Execute()
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]string{"web.yaml": {"Deployment web *"}, "migrate.yaml": {"Job migrate *"}} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, workloads(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	var results []struct {
		Message, Severity string
		Tags              struct{ Reason string }
	}
	if err := function.Results.YNode().Decode(&results); err != nil {
		t.Fatal(err)
	}
	// The package's kustomization.yaml is told of, and the two workloads.
	var told []string
	for _, r := range results {
		told = append(told, r.Severity+" "+r.Tags.Reason)
	}
	if diff := cmp.Diff([]string{"warning ", "info PolicyEnabled", "info PolicyEnabled"}, told); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}
