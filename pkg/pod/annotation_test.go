package pod

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestOverrides: null is as good as none, and what is no object is an error.
func TestOverrides(t *testing.T) {
	for value, want := range map[string]string{
		"null": "", " null ": "", `{}`: "{}", `{"containers":[]}`: `{"containers":[]}`, "[]": "error", "": "error", "nul": "error",
		`{"containers":null}`: `{"containers":null}`, `{"initContainers":[{"name":"a"}]}`: `{"initContainers":[{"name":"a"}]}`,
		`{"containers":{}}`: "error", `{"containers":["a"]}`: "error", `{"initContainers":[null]}`: "error", `{"containers":[{"image":"i"}]}`: "error",
	} {
		p := WithAnnotation(tree.NewObject(), OverridesKey, value)
		v, err := Overrides(p)
		got := "error"
		if err == nil {
			got = ""
			if v != nil {
				got = string(v.JSON())
			}
		}
		if got != want {
			t.Errorf("%q: %s, %v, want %s", value, got, err, want)
		}
	}
}
