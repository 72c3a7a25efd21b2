package validation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/internal/podtest"
)

// TestEveryFieldIsDrawn holds the random pods against the API: every field of it is set
// in one that Kubernetes takes, those of a container in the pod's own proxy as well,
// whichever list that is in. A new version's fields show here.
func TestEveryFieldIsDrawn(t *testing.T) {
	missing := map[string]bool{}
	for _, field := range podtest.Fields(reflect.TypeFor[corev1.PodSpec]()) {
		if podtest.Undrawn[field] == "" {
			missing[field] = true
		}
	}
	lists := []string{"containers", "initContainers", "ephemeralContainers"}
	for _, list := range lists {
		for _, field := range podtest.Fields(reflect.TypeFor[corev1.Container]()) {
			name, isContainers := strings.CutPrefix(field, "Container.")
			if isContainers && (list != "ephemeralContainers" || !slices.Contains(podtest.NotEphemeral, name)) {
				missing[list+"[istio-proxy]."+name] = true
			}
		}
	}
	drawn := 0
	for pods := podtest.Pod(); len(missing) > 0 && drawn < 20_000; drawn++ {
		text := pods.Example(drawn)
		if len(problems(text)) > 0 {
			continue
		}
		var pod struct{ Spec map[string]any }
		if err := json.Unmarshal(text, &pod); err != nil {
			t.Fatal(err)
		}
		set := map[string]bool{}
		podtest.FieldsOf(pod.Spec, reflect.TypeFor[corev1.PodSpec](), set)
		for field := range set {
			delete(missing, field)
		}
		for _, list := range lists {
			containers, _ := pod.Spec[list].([]any)
			for _, c := range containers {
				for field := range c.(map[string]any) {
					delete(missing, fmt.Sprintf("%s[%s].%s", list, c.(map[string]any)["name"], field))
				}
			}
		}
	}
	t.Logf("%d pods were drawn", drawn)
	for field := range missing {
		t.Errorf("%s is set in no pod", field)
	}
}
