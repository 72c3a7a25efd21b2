package podmerge

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
)

// quick are what tells usual names, beside the checks of Kubernetes' own.
var quick = []struct {
	name   string
	passes func(string) bool
	check  func(string) []string
	usual  []string
}{
	{"label", isLabel, validation.IsDNS1123Label, []string{"istio-proxy", "a", "0"}},
	{"subdomain", isSubdomain, validation.IsDNS1123Subdomain, []string{"a.b-c.d", "default"}},
	{"qualified name", isQualifiedName, validation.IsQualifiedName, []string{"app", "service.istio.io/canonical-name", "a/B_c.d"}},
	{"label value", isWord, validation.IsValidLabelValue, []string{"v1", "A_b.c-d"}},
	{"key of a ConfigMap", isWord, validation.IsConfigMapKey, []string{"root-cert.pem"}},
	{"variable", isVariable, validation.IsRelaxedEnvVarName, []string{"POD_NAME", "_a1"}},
	{"port", isPortName, validation.IsValidPortName, []string{"http", "h2c"}},
	{"header", isHeaderName, validation.IsHTTPHeaderName, []string{"X-Forwarded-For"}},
	{"annotation", isQualifiedName, annotationKey, []string{"sidecar.istio.io/inject"}},
}

func TestUsualNamesAreToldQuickly(t *testing.T) {
	for _, q := range quick {
		for _, name := range q.usual {
			if !q.passes(name) {
				t.Errorf("%q as a %s goes through a regular expression", name, q.name)
			}
		}
	}
}

func TestWhatIsToldQuicklyIsWhatKubernetesTakes(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{"a", "Z", "0", "-", ".", "_", "/", "--", "..", ".-", "", " ", "=", "é", "\n", "a.b", "io/x"}),
		rapid.StringMatching(`[a-z0-9]{60,64}`),
		rapid.StringMatching(`[-a-zA-Z0-9_./]{1,16}`),
		rapid.StringMatching(`([a-z]{1,63}\.){1,5}`))
	rapid.Check(t, func(t *rapid.T) {
		var text string
		for _, p := range rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces") {
			text += p
		}
		for _, q := range quick {
			if problems := q.check(text); q.passes(text) && !slices.Equal(problems, nil) {
				t.Errorf("%q passes as a %s, and: %v", text, q.name, problems)
			}
		}
	})
}
