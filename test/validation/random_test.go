package validation

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestRandomPods injects pods of all sorts by the embedded profiles.
func TestRandomPods(t *testing.T) {
	for _, name := range []string{"istio", "istio-1.0"} {
		t.Run(name, func(t *testing.T) {
			in := profileInjector(t, name)
			reasons := map[inject.Reason]int{}
			rapid.Check(t, func(t *rapid.T) {
				r := inject.Request{Pod: podtest.Pod("sidecar", "gateway").Draw(t, "pod"), NativeSidecars: rapid.Bool().Draw(t, "native sidecars"), Namespace: "shop"}
				if rapid.Bool().Draw(t, "manifest") {
					r.Workload = &inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
				}
				if bad := problems(r.Pod); len(bad) > 0 {
					t.Skip(bad)
				}
				result, _ := in.Inject(r)
				reasons[result.Decision.Reason]++
				if err := passes(t, in, r); err != nil {
					t.Fatal(err)
				}
			})
			t.Log(reasons)
			if reasons[inject.PolicyEnabled] == 0 {
				t.Error("no pod was injected")
			}
		})
	}
}
