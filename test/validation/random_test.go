package validation

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestDrawnIsAll holds what is drawn against the API: every field of a container,
// every kind of a volume, every kind of a probe or hook.
func TestDrawnIsAll(t *testing.T) {
	for _, c := range []struct {
		of    reflect.Type
		drawn []string
	}{
		{reflect.TypeFor[corev1.Container](), sorted(containerFields)},
		{reflect.TypeFor[corev1.VolumeSource](), sorted(volumeSources)},
		{reflect.TypeFor[struct {
			corev1.ProbeHandler
			Sleep *corev1.SleepAction `json:"sleep"`
		}](), sorted(handlers)},
	} {
		var all []string
		for _, f := range reflect.VisibleFields(c.of) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				all = append(all, name)
			}
		}
		slices.Sort(all)
		if !reflect.DeepEqual(all, c.drawn) {
			t.Errorf("%s has %v, drawn are %v", c.of, all, c.drawn)
		}
	}
}

// TestRandomPods injects pods of all sorts by the embedded profiles.
func TestRandomPods(t *testing.T) {
	for _, name := range []string{"istio", "istio-1.0"} {
		t.Run(name, func(t *testing.T) {
			in := profileInjector(t, name)
			reasons := map[inject.Reason]int{}
			rapid.Check(t, func(t *rapid.T) {
				r := inject.Request{Pod: drawPod(t), NativeSidecars: rapid.Bool().Draw(t, "native sidecars"), Namespace: "shop"}
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
