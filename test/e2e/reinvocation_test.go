package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"

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

	appContainers := func(t *testing.T, pod *corev1.Pod) string {
		return env(theProxy(t, pod))["ISTIO_META_APP_CONTAINERS"]
	}
	redirectedPorts := func(_ *testing.T, pod *corev1.Pod) string {
		args := pod.Spec.InitContainers[0].Args
		return args[slices.Index(args, "-b")+1]
	}
	tests := []struct {
		profile, native string // native as in sidecar.istio.io/nativeSidecar
		known           func(*testing.T, *corev1.Pod) string
		want            string
	}{
		{"istio", "true", appContainers, "app,latecomer"},
		{"istio", "false", appContainers, "app,latecomer"},
		{"istio-1.0", "", redirectedPorts, "7000"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimSpace(tt.profile+" "+tt.native), func(t *testing.T) {
			newInstallation(t, installation.Options{Profile: tt.profile})
			pod := appPod()
			if tt.native != "" {
				pod.Annotations = map[string]string{"sidecar.istio.io/nativeSidecar": tt.native}
			}
			pod = admitted(t, namespace, pod)

			theProxy(t, pod)
			if got := tt.known(t, pod); got != tt.want {
				t.Errorf("what was injected knows of %q, want %q", got, tt.want)
			}
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
			s := statusOf(t, pod)
			injected := slices.Sorted(slices.Values(slices.Concat(s.InitContainers, s.Containers)))
			if diff := cmp.Diff([]string{"istio-init", proxy}, injected); diff != "" {
				t.Errorf("containers in the status (-want +got):\n%s", diff)
			}
		})
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
