package inject_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestTimeIsLookedAtBetweenSteps ends the time at each look in turn: the pod is refused
// for it whenever it is, and nothing is remembered of it.
func TestTimeIsLookedAtBetweenSteps(t *testing.T) {
	pod := podJSON(t, "{metadata: {name: web}, spec: {containers: [{name: app}, {name: other}]}}")
	for name, in := range growing(t) {
		in = in.Remembering(1 << 20)
		steps := map[string]bool{}
		looks := 0
		for ; ; looks++ {
			result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop", Context: &podtest.Countdown{Context: t.Context(), Left: looks}})
			if err == nil {
				break
			}
			refused, ok := errors.AsType[*inject.RefusedError](err)
			if !ok || refused.Reason != inject.OutOfTime || result.Decision.Reason != inject.OutOfTime || len(result.Patch) > 0 {
				t.Fatalf("%s: after %d looks: %v, %+v", name, looks, err, result)
			}
			if entries, _ := in.Remembered(); entries > 0 {
				t.Fatalf("%s: after %d looks something is remembered", name, looks)
			}
			_, step, _ := strings.Cut(err.Error(), "before ")
			steps[step] = true
		}
		if looks < 6 || !steps["any step"] || !steps["rule overlay"] || !steps["the last check"] || !steps["the patch"] {
			t.Errorf("%s: %d looks, at %v", name, looks, steps)
		}
		// What is remembered costs no step that could take long.
		if _, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop", Context: &podtest.Countdown{Context: t.Context()}}); err != nil {
			t.Errorf("%s: a replica: %v", name, err)
		}
	}
}
