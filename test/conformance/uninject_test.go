package conformance

import (
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// lost are the cases whose expected pods cannot be led back to the pods that
// came in by what is in them alone, and why. Uninject has notes on each.
var lost = map[string]string{
	"custom-template":                  "the metadata that an operator's own template sets looks like a workload's",
	"merge-probers":                    "a probe asked for a port by its number, and the port has a name",
	"hello-openshift-custom-injection": "the ids that OpenShift gave the workload's own proxy were dropped, and the overrides do not have them",
}

// TestUninjectReference takes the injection off every pod that the reference
// injectors made, and counts those that come back to the pod that went in.
func TestUninjectReference(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			back, all := 0, 0
			conformance.Each(t, generation, func(c *conformance.Case) bool { return c.Error == "" }, func(t *testing.T, c *conformance.Case) {
				all++
				if comeBack(t, c) {
					back++
				}
			})
			t.Logf("%s: %d of %d come back", generation, back, all)
		})
	}
}

// comeBack says whether all pods of a case come back, and fails the test where
// that is not as known.
func comeBack(t *testing.T, c *conformance.Case) bool {
	type pair struct {
		before inject.Request
		after  []byte
	}
	var pairs []pair
	if c.CLI {
		after := c.Templates(t, conformance.Read(t, c.File("expected.yaml")))
		for i, r := range c.Templates(t, conformance.Read(t, c.File("input.yaml"))) {
			pairs = append(pairs, pair{r, after[i].Pod})
		}
	}
	if c.Webhook {
		for _, pod := range c.Pods(t) {
			if pod.Expected != nil {
				pairs = append(pairs, pair{pod.Request, conformance.ToJSON(t, pod.Expected)})
			}
		}
	}
	reason, known := lost[c.Name()]
	all := true
	for _, p := range pairs {
		got, result := uninjected(t, p.after, p.before.Workload)
		// One case comes in injected, and comes back to what that was made of.
		want, _ := uninjected(t, p.before.Pod, p.before.Workload)
		diff := conformance.DiffPods(t, got, want)
		switch {
		case diff != "" && !known:
			t.Errorf("it does not come back (-want +got):\n%s\nnotes: %v", diff, result.Notes)
		case diff != "" && len(result.Notes) == 0:
			t.Error("it does not come back, and nothing says so")
		}
		all = all && diff == ""
	}
	switch {
	case all && known:
		t.Errorf("it comes back, and is said not to: %s", reason)
	case !all:
		t.Logf("does not come back: %s", reason)
	}
	return all
}

func uninjected(t *testing.T, pod []byte, workload *inject.Workload) ([]byte, inject.Uninjected) {
	t.Helper()
	result, err := inject.Uninject(pod, workload)
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Apply(t, pod, result.Patch), result
}
