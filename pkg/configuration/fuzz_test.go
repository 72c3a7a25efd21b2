package configuration_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// FuzzFiles gives any text for a file with a mesh's configuration: ConfigMaps, or
// the bare text of the key.
func FuzzFiles(f *testing.F) {
	for _, text := range []string{
		"policy: enabled\ntemplates: {sidecar: 'spec: {}'}\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-sidecar-injector, namespace: istio-system}\ndata:\n  config: |\n    policy: enabled\n    template: ''\n  values: '{}'\n",
		"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: istio-canary}\n  data: {mesh: 'rootNamespace: a'}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: istio-sidecar-injector-canary}\n  data: {config: 'templates: {}', values: 1}\n",
		"---\n---\nkind: ConfigMap\n", "", "[]", "a: &a [*a]",
	} {
		f.Add([]byte(text), "")
		f.Add([]byte(text), "canary")
	}
	f.Fuzz(func(t *testing.T, text []byte, revision string) {
		file := filepath.Join(t.TempDir(), "mesh.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		files := &configuration.Files{Config: file, Revision: revision}
		texts, err := files.Read()
		if (err == nil) != (texts != nil) {
			t.Errorf("%v comes with the error %v", texts, err)
		}
		if err != nil && len(err.Error()) > 4<<10 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
