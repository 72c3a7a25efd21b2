package configuration_test

import (
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// What a file has takes the place of what is in force, and the rest stays.
func TestReadOver(t *testing.T) {
	now, err := (&configuration.Files{Config: write(t, ofRevision("").both())}).Read()
	if err != nil {
		t.Fatal(err)
	}
	edited := mesh{namespace: "istio-system", label: "default", config: "templates: {new: ''}", values: `{"revision":"","new":1}`, mesh: "new: 1"}
	for name, tt := range map[string]struct {
		text, revision       string
		config, values, mesh string
		err                  string
	}{
		"both":                {text: edited.both(), config: edited.config, values: edited.values, mesh: edited.mesh},
		"the injector's":      {text: edited.injector(), config: edited.config, values: edited.values, mesh: string(now.Mesh)},
		"the mesh's":          {text: edited.meshConfig(), config: string(now.Config), values: string(now.Values), mesh: edited.mesh},
		"without values":      {text: mesh{label: "default", config: edited.config}.injector(), config: edited.config, values: string(now.Values), mesh: string(now.Mesh)},
		"bare text":           {text: edited.config, config: edited.config, values: string(now.Values), mesh: string(now.Mesh)},
		"of another revision": {text: ofRevision("canary").injector(), err: "is of revision canary, and the configuration that it is to replace is of the default revision"},
		"of a revision":       {text: ofRevision("canary").injector(), revision: "blue", err: "is of revision canary, and --revision asks for revision blue"},
		"neither":             {text: "apiVersion: v1\nkind: Secret\n", err: `no ConfigMap in it has the key "config" or "mesh"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&configuration.Files{Config: write(t, tt.text), Revision: tt.revision}).ReadOver(now)
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("%v, want %s", err, tt.err)
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err == "" && (string(got.Config) != tt.config || string(got.Values) != tt.values || string(got.Mesh) != tt.mesh):
				t.Errorf("got %q, %q, %q", got.Config, got.Values, got.Mesh)
			}
		})
	}
	if string(now.Config) != ofRevision("").config {
		t.Error("what is in force was changed")
	}
}
