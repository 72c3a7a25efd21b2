package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestPodOfAMebibyte injects about the largest pod that Kubernetes stores.
func TestPodOfAMebibyte(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "mebibyte", map[string]string{"istio-injection": "enabled"})
	pod := appPod()
	pod.GenerateName, pod.Name = "", "large"
	for i := range 256 {
		pod.Spec.Containers[0].Env = append(pod.Spec.Containers[0].Env, corev1.EnvVar{
			Name: fmt.Sprintf("PART_%03d", i), Value: strings.Repeat("0123456789abcdef", 4<<10/16),
		})
	}
	want := slices.Clone(pod.Spec.Containers[0].Env)
	created, err := shared.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	theProxy(t, created)
	if !slices.Equal(created.Spec.Containers[0].Env, want) {
		t.Error("the application's environment is not what it was")
	}
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/large")
	everyPodIs(t, namespace, "2/2 Running", 1)
}
