package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// difference is one of those that `outrigger check pod -o json` prints.
type difference struct {
	Name, Cause, Because string
	Is, Would            any
	By                   *struct{ Kind, Template, Rule string }
}

// TestCheckPodTellsFields shows what `outrigger check pod` says of the fields of pods
// that live: of nobody's hand in them, of somebody's, of another webhook's, of a
// configuration that has changed since, and of a revision.
func TestCheckPodTellsFields(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "fields", map[string]string{"istio-injection": "enabled"})
	nextSecond()
	create := func(name string, labels map[string]string) {
		t.Helper()
		pod := appPod()
		pod.Name, pod.GenerateName, pod.Labels = name, "", labels
		pod.Spec.ServiceAccountName = "default"
		if _, err := shared.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(name string, want ...string) {
		t.Helper()
		var got []string
		for _, d := range differencesOf(t, namespace, name) {
			by := ""
			if d.By != nil {
				by = d.By.Template + d.By.Rule
			}
			got = append(got, fmt.Sprintf("%s: %v, would be %v by %s; %s %s", d.Name, d.Is, d.Would, by, d.Cause, d.Because))
		}
		for _, w := range want {
			n := slices.IndexFunc(got, func(g string) bool {
				for part := range strings.SplitSeq(w, " * ") {
					if !strings.Contains(g, part) {
						return false
					}
				}
				return true
			})
			if n < 0 {
				t.Errorf("%s: %q is not told", name, w)
				continue
			}
			got = slices.Delete(got, n, n+1)
		}
		if len(got) > 0 {
			t.Errorf("%s: it is told, too:\n%s", name, strings.Join(got, "\n"))
		}
	}

	create("untouched", nil)
	is("untouched")

	create("labelled", nil)
	nextSecond()
	kubectl(t, namespace, "label", "pod", "labelled", "security.istio.io/tlsMode=disabled", "--overwrite")
	kubectl(t, namespace, "set", "image", "pod/labelled", "istio-init=example.com/init:mine")
	is(
		"labelled",
		"metadata.labels[security.istio.io/tlsMode]: disabled, would be istio by sidecar; ChangedSince changed by kubectl-label at ",
		"spec.initContainers[istio-init].image: example.com/init:mine * by sidecar; ChangedSince changed by kubectl-set at ",
	)

	address, authority := serveWebhook(t, "127.0.0.1", changeProxy)
	register(t, "zz-changer.outrigger.test", "changer", admissionregistrationv1.WebhookClientConfig{
		URL: new(address + "/change"), CABundle: authority,
	})
	kubectl(t, "default", "label", "namespace", namespace, "webhook=changer")
	create("changed", nil)
	const other = "OtherAdmission by another webhook: MutatingWebhookConfiguration zz-changer.outrigger.test"
	is(
		"changed",
		"spec.initContainers[istio-proxy].env[CHANGER].name: CHANGER, would be <nil> by ; "+other,
		"spec.initContainers[istio-proxy].env[CHANGER].value: yes, would be <nil> by ; "+other,
		"spec.initContainers[istio-proxy].tty: true, would be <nil> by ; "+other,
	)
	kubectl(t, "default", "label", "namespace", namespace, "webhook-")

	nextSecond()
	editInjectorConfigMap(t, o, func(data map[string]string) {
		data["values"] = strings.ReplaceAll(data["values"], "proxyv2", "proxyv3")
	})
	is(
		"untouched",
		"spec.initContainers[istio-init].image: * proxyv3 * by sidecar; EarlierConfiguration from before ConfigMap "+installation.Namespace,
		"spec.initContainers[istio-proxy].image: * proxyv3 * by sidecar; EarlierConfiguration from before ConfigMap "+installation.Namespace,
	)

	newInstallation(t, installation.Options{Revision: "canary"})
	kubectl(t, "default", "label", "namespace", namespace, "istio-injection-", "istio.io/rev=canary")
	const earlier = "EarlierRevision from the injection of revision default"
	is(
		"untouched",
		"metadata.annotations[istio.io/rev]: default, would be canary by sidecar; "+earlier,
		"metadata.annotations[sidecar.istio.io/status]: * by status; "+earlier,
		"spec.initContainers[istio-proxy].env[CA_ADDR].value: istiod.outrigger-system.svc:15012, would be istiod-canary.outrigger-system.svc:15012 by sidecar; "+earlier,
		"spec.initContainers[istio-proxy].env[PROXY_CONFIG].value: * by sidecar; "+earlier,
	)
	if text, status := outrigger(t, "check", "pod", "untouched", "--namespace="+namespace); status != 0 || !strings.Contains(text, "injected now, it would have other fields:\n  from the injection of revision default\n") {
		t.Errorf("it exited with %d and says\n%s", status, text)
	}
}

func differencesOf(t *testing.T, namespace, name string) []difference {
	t.Helper()
	stdout, status := outrigger(t, "check", "pod", "--output=json", name, "--namespace="+namespace)
	var printed struct {
		Pods []struct{ Differences []difference }
	}
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || len(printed.Pods) != 1 || status != 0 {
		t.Fatalf("one explanation is wanted (%v, status %d) in %s", err, status, stdout)
	}
	return printed.Pods[0].Differences
}

// changeProxy gives the proxy a terminal and a variable. What the template says of it
// would not stay: Outrigger is called again.
func changeProxy(request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	response := &admissionv1.AdmissionResponse{Allowed: true}
	var pod corev1.Pod
	if err := json.Unmarshal(request.Object.Raw, &pod); err != nil {
		return &admissionv1.AdmissionResponse{}
	}
	n := slices.IndexFunc(pod.Spec.InitContainers, func(c corev1.Container) bool { return c.Name == proxy })
	if n >= 0 && !pod.Spec.InitContainers[n].TTY {
		response.PatchType = new(admissionv1.PatchTypeJSONPatch)
		response.Patch = fmt.Appendf(nil, `[
			{"op": "add", "path": "/spec/initContainers/%d/tty", "value": true},
			{"op": "add", "path": "/spec/initContainers/%[1]d/env/-", "value": {"name": "CHANGER", "value": "yes"}}]`, n)
	}
	return response
}
