package integrations_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// TestConfigurationSchema reads the schema as editors do, and has it check
// configurations.
func TestConfigurationSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(root, "deploy", "schema", "injector-configuration.json"))
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text []byte) error {
		asJSON, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	for _, pattern := range []string{"deploy/profiles/*/config.yaml", "testdata/golden/*/config.yaml"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(files))
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil {
				err = validate(text)
			}
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	for what, text := range map[string]string{
		"no template":       "policy: enabled",
		"a list":            "templates: [spec]",
		"an unknown policy": "{templates: {}, policy: always}",
		"an unnamed one":    "{templates: {}, defaultTemplates: ['']}",
		"no selector":       "{templates: {}, neverInjectSelector: [{matchLabel: {a: b}}]}",
		"no operator":       "{templates: {}, alwaysInjectSelector: [{matchExpressions: [{key: a, operator: Is}]}]}",
	} {
		if validate([]byte(text)) == nil {
			t.Errorf("%s: %s is right to the schema", what, text)
		}
	}
}
