package podtemplate

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"
)

// JSON in YAML means what it meant, whatever characters are in it.
func TestJSONInYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		controls := rapid.RuneFrom([]rune("\x7f\u0080\u0085\u0090\u009f\u00a0Âé\"\\\n"))
		want := map[string]string{"k": rapid.StringOf(rapid.OneOf(controls, rapid.Rune())).Draw(t, "text")}
		text, err := toJSON(want)
		if err != nil {
			t.Fatal(err)
		}
		for name, unmarshal := range map[string]func([]byte, any) error{
			"JSON": json.Unmarshal,
			"YAML": func(text []byte, into any) error { return yaml.Unmarshal(text, into) },
		} {
			var got map[string]string
			if err := unmarshal([]byte(text), &got); err != nil || got["k"] != want["k"] {
				t.Fatalf("%q as %s: %q, %v", text, name, got["k"], err)
			}
		}
	})
}
