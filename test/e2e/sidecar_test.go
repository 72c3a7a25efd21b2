package e2e

import (
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const proxy = "istio-proxy"

// appPod is a pod as people write it, to be changed by tests.
func appPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "app-", Labels: map[string]string{"app": "app"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.com/app:1"}}},
	}
}

// admitted is what the API server makes of a pod, without storing it.
func admitted(t *testing.T, namespace string, pod *corev1.Pod) *corev1.Pod {
	t.Helper()
	pod, err := tryAdmission(t, namespace, pod)
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

func tryAdmission(t *testing.T, namespace string, pod *corev1.Pod) (*corev1.Pod, error) {
	t.Helper()
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	return shared.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, dryRun)
}

// proxies counts the proxies of a pod, among its containers and as native sidecars.
func proxies(pod *corev1.Pod) (containers, native int) {
	for _, container := range pod.Spec.Containers {
		if container.Name == proxy {
			containers++
		}
	}
	for _, container := range pod.Spec.InitContainers {
		if container.Name == proxy && container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			native++
		}
	}
	return containers, native
}

func isInjected(pod *corev1.Pod) bool {
	containers, native := proxies(pod)
	return containers+native == 1
}

// theProxy is the one proxy of a pod, of either kind.
func theProxy(t *testing.T, pod *corev1.Pod) *corev1.Container {
	t.Helper()
	if !isInjected(pod) {
		containers, native := proxies(pod)
		t.Fatalf("the pod has %d proxies among its containers and %d native ones, want one in all", containers, native)
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == proxy {
				return &list[i]
			}
		}
	}
	panic("there is one")
}

func env(container *corev1.Container) map[string]string {
	values := map[string]string{}
	for _, variable := range container.Env {
		values[variable.Name] = variable.Value
	}
	return values
}

// status is what the annotation sidecar.istio.io/status says was injected.
type status struct {
	InitContainers, Containers []string
	Revision                   string
}

func statusOf(t *testing.T, pod *corev1.Pod) (s status) {
	t.Helper()
	text, ok := pod.Annotations["sidecar.istio.io/status"]
	if !ok {
		return s
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
