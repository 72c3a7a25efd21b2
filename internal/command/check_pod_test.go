package command

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/check"
)

// TestCheckPodOfWorkload asks by the name of a Deployment, of which some pods may
// be there and others refused.
func TestCheckPodOfWorkload(t *testing.T) {
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	pod := func(name, kind, owner string, at time.Time) client.Object {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name, CreationTimestamp: metav1.NewTime(at),
			OwnerReferences: []metav1.OwnerReference{{Kind: kind, Name: owner, Controller: new(true)}},
		}}
	}
	refusal := func(at time.Time) client.Object {
		return &eventsv1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "refusal"}, Reason: "FailedCreate", Note: "no room", EventTime: metav1.NewMicroTime(at),
			Regarding: corev1.ObjectReference{Kind: "ReplicaSet", Name: "web-5d9c"},
		}
	}
	tests := []struct {
		name    string
		objects []client.Object
		want    string // subject and reason, or the error
	}{
		{"nothing", nil, "there is no such pod"},
		{"pods of others", []client.Object{pod("web-db-0", "StatefulSet", "web-db", noon)}, "there is no such pod"},
		{"no pods, and a refusal", []client.Object{refusal(noon)}, "pods of shop/web CreationFailed"},
		{"pods", []client.Object{
			pod("web-5d9c-a", "ReplicaSet", "web-5d9c", noon), pod("web-6f7a-b", "ReplicaSet", "web-6f7a", noon.Add(time.Hour)), pod("web-5d9c-c", "ReplicaSet", "web-5d9c", noon),
		}, "Pod shop/web-6f7a-b WebhookMissing"},
		{"pods after a refusal", []client.Object{refusal(noon), pod("web-5d9c-a", "ReplicaSet", "web-5d9c", noon.Add(time.Minute))}, "Pod shop/web-5d9c-a WebhookMissing"},
		{"a refusal after pods", []client.Object{refusal(noon), pod("web-5d9c-a", "ReplicaSet", "web-5d9c", noon.Add(-time.Minute))}, "pods of shop/web CreationFailed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			look := &podLook{checkPod: &checkPod{}, cluster: clustertest.New(tt.objects...), seen: map[string]*check.Observation{}}
			e, err := look.live(t.Context(), "shop", "web")
			got := e.Subject + " " + string(e.Reason)
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("it is about %s, want %s", got, tt.want)
			}
		})
	}
}

// TestCheckPodOfAWorkloadThatSaysItInTheWrongPlace reads the Deployment, too.
func TestCheckPodOfAWorkloadThatSaysItInTheWrongPlace(t *testing.T) {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "web", Annotations: map[string]string{"sidecar.istio.io/inject": "false"},
	}}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: "web-5d9c-a", GenerateName: "web-5d9c-", Labels: map[string]string{"pod-template-hash": "5d9c"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-5d9c", Controller: new(true)}},
	}}
	for name, objects := range map[string][]client.Object{
		"annotation sidecar.istio.io/inject: nothing reads it": {pod, deployment},
		"": {pod},
	} {
		look := &podLook{checkPod: &checkPod{}, cluster: clustertest.New(objects...), seen: map[string]*check.Observation{}}
		e, err := look.live(t.Context(), "shop", "web-5d9c-a")
		if err != nil {
			t.Fatal(err)
		}
		var said string
		for _, step := range e.Steps {
			if step.Rule == "warning" {
				said += step.What
			}
		}
		if !strings.HasPrefix(said, name) || name == "" && said != "" {
			t.Errorf("it warns of %q, want %q", said, name)
		}
	}
}
