package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestLaterWebhookAddsContainer shows that a container which another webhook adds
// after Outrigger had the pod is seen by Outrigger, which is called again and
// leaves one proxy that knows of it.
func TestLaterWebhookAddsContainer(t *testing.T) {
	address, authority := serveWebhook(t, "127.0.0.1", addLatecomer)
	// Webhooks are called in the order of their configurations' names.
	register(t, "zz-latecomer.outrigger.test", "latecomer", admissionregistrationv1.WebhookClientConfig{
		URL: new(address + "/add"), CABundle: authority,
	})
	namespace := newNamespace(t, "latecomer", map[string]string{"istio-injection": "enabled", "webhook": "latecomer"})

	for _, profile := range profiles.Names() {
		t.Run(profile, func(t *testing.T) {
			o := newInstallation(t, installation.Options{Profile: profile})
			for _, native := range []string{"true", "false"} {
				t.Run("native="+native, func(t *testing.T) { expectLatecomerSeen(t, o, namespace, native) })
			}
		})
	}
}

func expectLatecomerSeen(t *testing.T, o *installation.Installation, namespace, native string) {
	pod := appPod()
	pod.Annotations = map[string]string{"sidecar.istio.io/nativeSidecar": native}
	before := calls(t, o)
	pod = admitted(t, namespace, pod)
	if got := calls(t, o) - before; got != 2 {
		t.Errorf("Outrigger was called %.0f times, want twice", got)
	}

	theProxy(t, pod)
	var names []string
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for _, container := range list {
			names = append(names, container.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"app", "istio-init", proxy, "latecomer"}, names); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	if seen, known := env(theProxy(t, pod))["ISTIO_META_APP_CONTAINERS"]; known && seen != "app,latecomer" {
		t.Errorf("the proxy knows of the containers %q, want app,latecomer", seen)
	}
	s := statusOf(t, pod)
	injected := append(slices.Clone(s.InitContainers), s.Containers...)
	slices.Sort(injected)
	if diff := cmp.Diff([]string{"istio-init", proxy}, injected); diff != "" {
		t.Errorf("containers in the status (-want +got):\n%s", diff)
	}
}

// addLatecomer adds a container to a pod that lacks it.
func addLatecomer(request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	response := &admissionv1.AdmissionResponse{Allowed: true}
	var pod corev1.Pod
	if err := json.Unmarshal(request.Object.Raw, &pod); err != nil {
		return &admissionv1.AdmissionResponse{}
	}
	has := func(c corev1.Container) bool { return c.Name == "latecomer" }
	if !slices.ContainsFunc(pod.Spec.Containers, has) {
		response.PatchType = new(admissionv1.PatchTypeJSONPatch)
		response.Patch = []byte(`[{"op": "add", "path": "/spec/containers/-", "value":
			{"name": "latecomer", "image": "example.com/latecomer:1", "ports": [{"containerPort": 7000}]}}]`)
	}
	return response
}

// calls counts the calls that all replicas have answered.
func calls(t *testing.T, o *installation.Installation) (sum float64) {
	t.Helper()
	for _, replica := range o.Replicas {
		n, err := replica.Metric(t.Context(), "sidecar_injection_requests_total", nil)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}
