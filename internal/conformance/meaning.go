package conformance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Failer is what a property shares with a test.
type Failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Apply applies a patch as the API server does, to the bytes that came.
func Apply(t Failer, pod []byte, operations tree.Patch) []byte {
	t.Helper()
	if len(operations) == 0 {
		return pod
	}
	text, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := patch.Apply(pod)
	if err != nil {
		t.Fatalf("the patch does not apply to what came: %v\n%s", err, text)
	}
	return out
}

// ComparePods compares two pods by meaning: as the Kubernetes types, and what is
// JSON inside a string by its content. What is set aside is first taken out of
// both.
func ComparePods(t testing.TB, got, want []byte, aside ...func(*corev1.Pod)) {
	t.Helper()
	if diff := DiffPods(t, got, want, aside...); diff != "" {
		t.Errorf("the pods differ (-want +got):\n%s", diff)
	}
}

// DiffPods is the difference that ComparePods finds, "" for none.
func DiffPods(t testing.TB, got, want []byte, aside ...func(*corev1.Pod)) string {
	t.Helper()
	g, w := decodePod(t, got), decodePod(t, want)
	for _, take := range aside {
		take(g)
		take(w)
	}
	if equality.Semantic.DeepEqual(g, w) {
		return ""
	}
	return cmp.Diff(normalised(t, w), normalised(t, g))
}

func decodePod(t testing.TB, text []byte) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := yaml.Unmarshal(text, pod); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	pod.TypeMeta = corev1.Pod{}.TypeMeta
	canonicalPod(pod)
	return pod
}

// canonicalPod spells JSON inside strings one way, and leaves out what an empty
// value and no value at all say alike.
func canonicalPod(pod *corev1.Pod) {
	for _, key := range []string{"sidecar.istio.io/status", "proxy.istio.io/overrides"} {
		if text, ok := pod.Annotations[key]; ok {
			pod.Annotations[key] = canonicalContainers(text)
		}
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			for j := range list[i].Env {
				list[i].Env[j].Value = canonicalJSON(list[i].Env[j].Value)
			}
		}
	}
}

// canonicalContainers spells a document that may hold containers: read as their
// type, so that what their encoder adds does not count.
func canonicalContainers(text string) string {
	var typed struct {
		Containers     []corev1.Container `json:"containers,omitempty"`
		InitContainers []corev1.Container `json:"initContainers,omitempty"`
	}
	if err := json.Unmarshal([]byte(text), &typed); err != nil {
		return canonicalJSON(text) // a status, which holds names
	}
	out, err := json.Marshal(typed)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func canonicalJSON(text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	switch v.(type) {
	case map[string]any, []any:
		out, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(out)
	default:
		return text
	}
}

// normalised is a pod as it shows best in a difference.
func normalised(t testing.TB, pod *corev1.Pod) any {
	t.Helper()
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
