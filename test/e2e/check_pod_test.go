package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// explanation is what `outrigger check pod -o json` prints of one.
type explanation struct{ Verdict, Reason, Because, Next string }

// TestCheckPodForesees holds what `outrigger check pod -f` says of a pod against
// what the API server then does with it, for every reason there is.
func TestCheckPodForesees(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	newInstallation(t, installation.Options{Revision: "canary"})
	leaveBatchAlone(t, o)

	tests := []struct {
		name       string
		namespace  map[string]string // labels
		labels     map[string]string // of the pod
		annotation string            // of the pod, as KEY=VALUE
		onHost     bool
		verdict    string
		reason     string
	}{
		{name: "labelled", namespace: map[string]string{"istio-injection": "enabled"}, verdict: "would be injected", reason: "PolicyEnabled"},
		{name: "by-revision", namespace: map[string]string{"istio.io/rev": "canary"}, verdict: "would be injected", reason: "PolicyEnabled"},
		{name: "both-labels", namespace: map[string]string{"istio-injection": "enabled", "istio.io/rev": "canary"}, verdict: "would be injected", reason: "PolicyEnabled"},
		{name: "pod-asks", labels: map[string]string{"sidecar.istio.io/inject": "true"}, verdict: "would be injected", reason: "LabelEnabled"},
		{name: "pod-asks-for-revision", labels: map[string]string{"istio.io/rev": "canary"}, verdict: "would be injected", reason: "PolicyEnabled"},
		{name: "annotated", namespace: map[string]string{"istio-injection": "enabled"}, annotation: "sidecar.istio.io/inject=true", verdict: "would be injected", reason: "AnnotationEnabled"},
		{name: "nobody-asks", verdict: "would not be injected", reason: "NamespaceUnlabelled"},
		{name: "only-annotated", annotation: "sidecar.istio.io/inject=true", verdict: "would not be injected", reason: "NamespaceUnlabelled"},
		{name: "disabled", namespace: map[string]string{"istio-injection": "disabled"}, labels: map[string]string{"sidecar.istio.io/inject": "true"}, verdict: "would not be injected", reason: "NamespaceDisabled"},
		{name: "misspelt", namespace: map[string]string{"istio-injection": "true"}, verdict: "would not be injected", reason: "NamespaceLabelUnknown"},
		{name: "unserved", namespace: map[string]string{"istio.io/rev": "none"}, verdict: "would not be injected", reason: "NamespaceUnserved"},
		{name: "pod-unserved", labels: map[string]string{"istio.io/rev": "none"}, verdict: "would not be injected", reason: "RevisionUnserved"},
		{name: "refusing-label", namespace: map[string]string{"istio-injection": "enabled"}, labels: map[string]string{"sidecar.istio.io/inject": "false"}, verdict: "would not be injected", reason: "LabelDisabled"},
		{name: "refusing-annotation", namespace: map[string]string{"istio-injection": "enabled"}, annotation: "sidecar.istio.io/inject=false", verdict: "would not be injected", reason: "AnnotationDisabled"},
		{name: "on-host", namespace: map[string]string{"istio-injection": "enabled"}, onHost: true, verdict: "would not be injected", reason: "HostNetwork"},
		{name: "selected", namespace: map[string]string{"istio-injection": "enabled"}, labels: map[string]string{"batch": "yes"}, verdict: "would not be injected", reason: "NeverInjectSelector"},
		{name: "bad-value", namespace: map[string]string{"istio-injection": "enabled"}, annotation: "sidecar.istio.io/proxyCPU=lots", verdict: "refused", reason: "InvalidAnnotation"},
		{name: "unknown-template", namespace: map[string]string{"istio-injection": "enabled"}, annotation: "inject.istio.io/templates=none", verdict: "refused", reason: "TemplateUnknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			namespace := newNamespace(t, "foreseen-"+tt.name, tt.namespace)
			pod := appPod()
			pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
			pod.Name, pod.GenerateName, pod.Labels, pod.Spec.HostNetwork = "app", "", tt.labels, tt.onHost
			if key, value, ok := strings.Cut(tt.annotation, "="); ok {
				pod.Annotations = map[string]string{key: value}
			}
			foreseen, status := checkPod(t, "--filename="+manifestOf(t, pod), "--namespace="+namespace)
			if foreseen.Verdict != tt.verdict || foreseen.Reason != tt.reason {
				t.Errorf("it is foreseen that it %s (%s: %s), want %s (%s)", foreseen.Verdict, foreseen.Reason, foreseen.Because, tt.verdict, tt.reason)
			}
			if injected := tt.verdict == "would be injected"; injected != (status == 0) {
				t.Errorf("it exited with %d", status)
			}
			done := "would not be injected"
			switch created, err := tryAdmission(t, namespace, pod); {
			case err != nil:
				done = "refused"
			case isInjected(created):
				done = "would be injected"
			}
			if done != foreseen.Verdict {
				t.Errorf("it is foreseen that the pod %s; the API server has it that it %s", foreseen.Verdict, done)
			}
		})
	}
}

// TestCheckPodLooksBack asks why pods that there are have no sidecar, and why
// there are none.
func TestCheckPodLooksBack(t *testing.T) {
	namespace := newNamespace(t, "looked-back", nil)
	client := shared.Client.CoreV1().Pods(namespace)
	create := func(name string) {
		t.Helper()
		pod := appPod()
		pod.Name, pod.GenerateName = name, ""
		if _, err := client.Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(name, verdict, reason, next string) {
		t.Helper()
		e, _ := checkPod(t, name, "--namespace="+namespace)
		if e.Verdict != verdict || e.Reason != reason || !strings.Contains(e.Next, next) {
			t.Errorf("%s is %s (%s: %s; next %s), want %s (%s; next %s)", name, e.Verdict, e.Reason, e.Because, e.Next, verdict, reason, next)
		}
	}
	create("elder")
	nextSecond()
	o := newInstallation(t, installation.Options{})
	create("plain")
	is("plain", "not injected", "NamespaceUnlabelled", "kubectl label")
	nextSecond()
	kubectl(t, "default", "label", "namespace", namespace, "istio-injection=enabled")
	create("sidecar")
	is("sidecar", "injected", "PolicyEnabled", "")
	is("elder", "not injected", "PodOlder", "anew")
	is("plain", "not injected", "PodOlder", "anew")

	if err := o.Replicas[0].Kill(); err != nil {
		t.Fatal(err)
	}
	kubectl(t, namespace, "create", "deployment", "web", "--image=example.com/web:1")
	eventually(t, "the Deployment's pod is refused", func(context.Context) (bool, error) {
		events := kubectl(t, namespace, "get", "events", "--field-selector=reason=FailedCreate")
		return strings.Contains(events, "failed calling webhook"), nil
	})
	is("web", "refused", "CreationFailed", "outrigger check")
	if text, status := outrigger(t, "check", "pod", "web", "--namespace="+namespace); status != 1 || !strings.Contains(text, "failed calling webhook") {
		t.Errorf("it exited with %d and does not have the event's message:\n%s", status, text)
	}

	// Nobody is called for pods any more.
	webhooks := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	config, err := webhooks.Get(t.Context(), o.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range config.Webhooks {
		config.Webhooks[n].FailurePolicy = new(admissionregistrationv1.Ignore)
	}
	if _, err := webhooks.Update(t.Context(), config, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "pods come without an answer", func(context.Context) (bool, error) {
		_, err := tryAdmission(t, namespace, appPod())
		return err == nil, nil
	})
	nextSecond()
	create("slipped")
	if err := o.Replicas[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	is("slipped", "not injected", "NotSentThen", "anew")
}

func checkPod(t *testing.T, args ...string) (explanation, int) {
	t.Helper()
	stdout, status := outrigger(t, append([]string{"check", "pod", "--output=json"}, args...)...)
	var printed struct{ Pods []explanation }
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || len(printed.Pods) != 1 {
		t.Fatalf("one explanation is wanted (%v) in %s", err, stdout)
	}
	return printed.Pods[0], status
}

func manifestOf(t *testing.T, pod *corev1.Pod) string {
	t.Helper()
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pod.json")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// leaveBatchAlone has the configuration leave pods alone that are labelled
// batch=yes, and waits until it does.
func leaveBatchAlone(t *testing.T, o *installation.Installation) {
	t.Helper()
	editInjectorConfigMap(t, o, func(data map[string]string) {
		data["config"] = strings.Replace(data["config"], "neverInjectSelector: []", "neverInjectSelector: [{matchLabels: {batch: 'yes'}}]", 1)
	})
	namespace := newNamespace(t, "batch", map[string]string{"istio-injection": "enabled"})
	pod := appPod()
	pod.Labels["batch"] = "yes"
	eventually(t, "the configuration is in force", func(context.Context) (bool, error) {
		return !isInjected(admitted(t, namespace, pod)), nil
	})
}

// nextSecond waits for it: the times that the API gives objects are in seconds.
func nextSecond() {
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1050 * time.Millisecond)))
}
