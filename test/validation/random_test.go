package validation

import (
	"testing"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	featuregatetesting "k8s.io/component-base/featuregate/testing"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestRandomPods injects pods of all sorts by the embedded profiles: as Kubernetes is
// released, and with every feature that is not yet.
func TestRandomPods(t *testing.T) {
	for _, name := range []string{"istio", "istio-1.0"} {
		t.Run(name, func(t *testing.T) { randomPods(t, name) })
	}
	t.Run("every feature", func(t *testing.T) {
		featuregatetesting.SetFeatureGatesDuringTest(t, utilfeature.DefaultFeatureGate, featuregatetesting.FeatureOverrides{"AllAlpha": true, "AllBeta": true})
		randomPods(t, "istio")
	})
}

func randomPods(t *testing.T, profile string) {
	in := profileInjector(t, profile)
	reasons := map[inject.Reason]int{}
	rapid.Check(t, func(t *rapid.T) {
		r := inject.Request{Pod: podtest.Pod("sidecar", "gateway").Draw(t, "pod"), NativeSidecars: rapid.Bool().Draw(t, "native sidecars"), Namespace: "shop"}
		if bad := problems(r.Pod); len(bad) > 0 {
			t.Skip(bad)
		}
		switch rapid.SampledFrom([]string{"as written", "of a manifest", "as a server sends it"}).Draw(t, "pod comes") {
		case "of a manifest":
			r.Workload = &inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
		case "as a server sends it":
			r.Pod = sent(t, r.Pod)
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
}
