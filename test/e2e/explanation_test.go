package e2e

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestDecisionsAreExplained shows that each decision about a pod is found, with
// its reason, in the audit log of the cluster and in Outrigger's metrics.
func TestDecisionsAreExplained(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	tests := []struct {
		name, annotation, value string
		decision, reason        string // in the audit log
		metric                  string
		labels                  map[string]string
	}{
		{"injected", "example.com/nothing", "", "injected", "PolicyEnabled", "sidecar_injection_success_total", nil},
		{
			"skipped", "sidecar.istio.io/inject", "false", "skipped", "AnnotationDisabled",
			"sidecar_injection_skip_total",
			map[string]string{"reason": "AnnotationDisabled"},
		},
		{
			"refused", "sidecar.istio.io/proxyMemory", "a lot", "refused", "InvalidAnnotation",
			"sidecar_injection_failure_total",
			map[string]string{"reason": "InvalidAnnotation"},
		},
	}
	metrics := []string{"sidecar_injection_success_total", "sidecar_injection_skip_total", "sidecar_injection_failure_total"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			namespace := newNamespace(t, "explained-"+tt.name, map[string]string{"istio-injection": "enabled"})
			before := map[string]float64{}
			for _, metric := range metrics {
				before[metric] = metricOf(t, o, metric, nil)
			}
			labelled := metricOf(t, o, tt.metric, tt.labels)

			pod := appPod()
			pod.Annotations = map[string]string{tt.annotation: tt.value}
			_, err := tryAdmission(t, namespace, pod)
			if refused := tt.decision == "refused"; (err != nil) != refused {
				t.Errorf("the pod was admitted with the error %v, want one: %t", err, refused)
			}

			events := auditEvents(t, namespace)
			for _, want := range []string{
				`namespace.sidecar-injector.outrigger.io/decision":"` + tt.decision + `"`,
				`namespace.sidecar-injector.outrigger.io/reason":"` + tt.reason + `"`,
			} {
				if !strings.Contains(events, want) {
					t.Errorf("the audit log does not have %s:\n%s", want, events)
				}
			}
			if metricOf(t, o, tt.metric, tt.labels) == labelled {
				t.Errorf("%s%v has not grown", tt.metric, tt.labels)
			}
			for _, metric := range metrics {
				if grown := metricOf(t, o, metric, nil) > before[metric]; grown != (metric == tt.metric) {
					t.Errorf("%s has grown: %t, want %t", metric, grown, !grown)
				}
			}
		})
	}
}

// TestWhatIsIgnoredIsWarnedOf shows that whoever creates a pod is told of what
// Outrigger makes nothing of.
func TestWhatIsIgnoredIsWarnedOf(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "warnings", map[string]string{"istio-injection": "enabled"})
	warnings := &warnings{}
	config := shared.Config()
	config.WarningHandlerWithContext = warnings
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	pod := appPod()
	pod.Labels["sidecar.istio.io/inject"] = "maybe"
	created, err := client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	theProxy(t, created)
	if said := warnings.all(); !slices.ContainsFunc(said, func(text string) bool {
		return strings.Contains(text, "sidecar.istio.io/inject") && strings.Contains(text, "maybe")
	}) {
		t.Errorf("the warnings are %q, want one of the label sidecar.istio.io/inject and its value", said)
	}
}

// warnings collects those of the API server.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *warnings) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

// auditEvents returns the lines of the audit log about pods of a namespace.
func auditEvents(t *testing.T, namespace string) string {
	t.Helper()
	log, err := os.ReadFile(shared.AuditLog())
	if err != nil {
		t.Fatal(err)
	}
	var events strings.Builder
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, `"namespace":"`+namespace+`"`) {
			events.WriteString(line)
		}
	}
	return events.String()
}

// metricOf adds up a metric over the replicas.
func metricOf(t *testing.T, o *installation.Installation, name string, labels map[string]string) (sum float64) {
	t.Helper()
	for _, replica := range o.Replicas {
		value, err := replica.Metric(t.Context(), name, labels)
		if err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	return sum
}
