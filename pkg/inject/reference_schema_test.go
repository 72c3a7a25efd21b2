package inject

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// configurationSchema is for editors, which complete and check a configuration as
// it is written.
const configurationSchema = "../../deploy/schema/injector-configuration.json"

type schema = map[string]any

// schemas are what a key holds, as the reference of the keys says it.
var schemas = map[string]schema{
	"`enabled` or `disabled`": {"type": "string", "enum": []string{"enabled", "disabled"}},
	"text":                    {"type": "string"},
	"list of names":           listOf(schema{"type": "string", "minLength": 1}),
	"map of text":             mapOf(schema{"type": "string"}),
	"map of lists":            mapOf(listOf(schema{"type": "string"})),
	"list of label selectors": listOf(schema{"$ref": "#/$defs/labelSelector"}),
}

func listOf(items schema) schema { return schema{"type": "array", "items": items} }

func mapOf(values schema) schema { return schema{"type": "object", "additionalProperties": values} }

func object(properties schema, required ...string) schema {
	return schema{"type": "object", "properties": properties, "additionalProperties": false, "required": append([]string{}, required...)}
}

// TestConfigurationSchema holds the schema in deploy against the keys of the formats.
func TestReferenceSchema(t *testing.T) {
	properties := schema{}
	for _, keys := range [][]configKey{currentKeys, v1Keys} {
		for _, k := range keys {
			if properties[k.key] != nil {
				continue // today's meaning is told
			}
			holds, ok := schemas[k.holds]
			if !ok {
				t.Fatalf("nothing says what schema %q has", k.holds)
			}
			property := schema{"description": strings.ReplaceAll(k.meaning, "`", "")}
			for name, value := range holds {
				property[name] = value
			}
			properties[k.key] = property
		}
	}
	text, err := json.MarshalIndent(schema{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"title":       "Injector configuration",
		"description": "What the ConfigMap istio-sidecar-injector of a mesh has under the key config.",
		"type":        "object",
		"properties":  properties,
		"anyOf":       []schema{{"required": []string{"templates"}}, {"required": []string{"template"}}},
		"$defs": schema{"labelSelector": object(schema{
			"matchLabels": mapOf(schema{"type": "string"}),
			"matchExpressions": listOf(object(schema{
				"key":      schema{"type": "string"},
				"operator": schema{"type": "string", "enum": []string{"In", "NotIn", "Exists", "DoesNotExist"}},
				"values":   listOf(schema{"type": "string"}),
			}, "key", "operator")),
		})},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(configurationSchema, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(configurationSchema)
	if err != nil {
		t.Fatal(err)
	}
	if string(was) != string(text) {
		t.Errorf("%s is not what the code says; write it anew by make docs", configurationSchema)
	}
}
