package validation

import (
	"testing"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	featuregatetesting "k8s.io/component-base/featuregate/testing"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
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
		if profile != "istio-1.0" && result.Decision.Inject {
			comesBack(t, r, conformance.Apply(t, r.Pod, result.Patch))
		}
	})
	t.Log(reasons)
	if reasons[inject.PolicyEnabled] == 0 {
		t.Error("no pod was injected")
	}
}

// comesBack takes the injection off a pod: it is what it was. (To the 1.0 line a status
// names containers and volumes, and does not remember more.)
func comesBack(t *rapid.T, r inject.Request, injected []byte) {
	back, err := inject.Uninject(injected, r.Workload)
	if err != nil {
		t.Fatal(err)
	}
	meant := func(pod []byte) *tree.Value {
		v, err := tree.Parse(pod)
		if err != nil {
			t.Fatal(err)
		}
		return podtest.Meaning(v)
	}
	bare := conformance.Apply(t, injected, back.Patch)
	if paths := podtest.Differences(meant(r.Pod), meant(bare), ""); len(paths) > 0 {
		t.Fatalf("it comes back with another %v\nbefore: %s\nafter:  %s\nback:   %s", paths, r.Pod, injected, bare)
	}
}
