package rule

import (
	"testing"

	"istio.io/api/annotation"
)

// TestDeprecatedIsWhatTheAPISays holds the list against the mesh's API, which
// marks what is on its way out.
func TestDeprecatedIsWhatTheAPISays(t *testing.T) {
	marked := map[string]bool{}
	for _, a := range annotation.AllResourceAnnotations() {
		if a.Deprecated {
			marked[a.Name] = true
		}
	}
	for name := range marked {
		if deprecated[name] == "" {
			t.Errorf("%s is deprecated, and nothing warns of it", name)
		}
	}
	for name := range deprecated {
		if !marked[name] {
			t.Errorf("%s is not deprecated", name)
		}
	}
}
