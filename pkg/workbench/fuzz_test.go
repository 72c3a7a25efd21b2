package workbench

import (
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
)

// FuzzPage gives any text for the manifests of the page, and any labels and
// annotations of their namespace. What there is of an answer points to lines that there
// are.
func FuzzPage(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.Text, "enabled", "1000/10", true)
		f.Add(s.Text, "", "", false)
	}
	for _, text := range []string{"", "a: b", "kind: Pod", "a: [", "\x00", "---\n---\n"} {
		f.Add(text, "enabled", "x", true)
	}
	handler, c := newTest(f, Options{}), profile(f, profiles.Default)
	f.Fuzz(func(t *testing.T, manifest, injection, ids string, asWebhook bool) {
		s := Settings{As: AsCommand, NativeSidecars: true, Platform: "openshift", NamespaceAnnotations: map[string]string{"openshift.io/sa.scc.uid-range": ids}}
		if asWebhook {
			s.As, s.NamespaceLabels = AsWebhook, map[string]string{"istio-injection": injection}
		}
		a := answered[Answer](t, handler, "/api/inject", InjectRequest{manifest, c, s})
		lines := 1
		for _, r := range a.Text {
			if r == '\n' {
				lines++
			}
		}
		for _, m := range a.Marks {
			if m.From < 1 || m.To < m.From || m.To > lines {
				t.Errorf("a mark is in the lines %d to %d of %d", m.From, m.To, lines)
			}
		}
	})
}
