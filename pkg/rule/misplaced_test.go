package rule

import (
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestMisplaced(t *testing.T) {
	const inject, config = "sidecar.istio.io/inject", "proxy.istio.io/config"
	for _, c := range []struct {
		pod                 string
		labels, annotations []string
		want                string
	}{
		{`{"spec":{}}`, nil, []string{inject}, "annotation " + inject + ": nothing reads it in the workload's own metadata; it belongs into spec.template.metadata.annotations"},
		{`{"spec":{}}`, []string{inject, "app"}, nil, "label " + inject + ": nothing reads it in the workload's own metadata; it belongs into spec.template.metadata.labels"},
		{`{"metadata":null}`, []string{inject}, []string{config, "example.com/a"}, "label " + inject + "|annotation " + config},
		{`{"metadata":{}}`, nil, []string{"traffic.sidecar.istio.io/excludeInboundPorts"}, "annotation traffic.sidecar.istio.io/excludeInboundPorts"},
		// What the template has too, whatever it says there, is read.
		{`{"metadata":{"labels":{"sidecar.istio.io/inject":"true"},"annotations":{"proxy.istio.io/config":""}}}`, []string{inject}, []string{config}, ""},
		{`{"metadata":{"labels":{"sidecar.istio.io/inject":"true"}}}`, nil, []string{inject}, "annotation " + inject},
		{`{"spec":{}}`, []string{"istio.io/rev", "version"}, []string{"prometheus.io/scrape", "kubectl.kubernetes.io/last-applied-configuration"}, ""},
	} {
		warnings, err := Misplaced([]byte(c.pod), "spec.template.metadata", c.labels, c.annotations)
		if err != nil {
			t.Fatal(err)
		}
		wants := strings.Split(c.want, "|")
		if c.want == "" {
			wants = nil
		}
		if len(warnings) != len(wants) {
			t.Errorf("%s, %q, %q: %q", c.pod, c.labels, c.annotations, warnings)
			continue
		}
		for i, want := range wants {
			if !strings.HasPrefix(warnings[i], want) {
				t.Errorf("%s, %q, %q: %q, want %q", c.pod, c.labels, c.annotations, warnings[i], want)
			}
		}
	}
}

// TestWishByAnnotation: what only an annotation asks for, API servers do not hear.
func TestWishByAnnotation(t *testing.T) {
	for metadata, warned := range map[string]bool{
		`{"annotations":{"sidecar.istio.io/inject":"true"}}`:                                                true,
		`{"annotations":{"sidecar.istio.io/inject":"false"}}`:                                               false,
		`{"annotations":{"sidecar.istio.io/inject":"true"},"labels":{"sidecar.istio.io/inject":"true"}}`:    false,
		`{"labels":{"sidecar.istio.io/inject":"true"}}`:                                                     false,
		`{"annotations":{"sidecar.istio.io/inject":"true"},"labels":{"sidecar.istio.io/inject-":"\"true"}}`: true,
	} {
		p, err := tree.Parse([]byte(`{"metadata":` + metadata + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(Deprecated(p), "\n"), "API servers go by the label alone"); got != warned {
			t.Errorf("%s: warned of: %v", metadata, got)
		}
	}
}
