package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/cert"
)

// TestAPIServerReachesWebhooks shows that a webhook on this machine is called,
// however its configuration names it, and that its traces can be found: in the
// pod, in the audit log and in the API server's metrics.
func TestAPIServerReachesWebhooks(t *testing.T) {
	const service = "labeller"
	tests := []struct {
		by     string
		config func(namespace, address string) admissionregistrationv1.WebhookClientConfig
	}{
		{"url", func(_, address string) admissionregistrationv1.WebhookClientConfig {
			return admissionregistrationv1.WebhookClientConfig{URL: new(address + "/label")}
		}},
		{"service", func(namespace, address string) admissionregistrationv1.WebhookClientConfig {
			return admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{
				Namespace: namespace, Name: service, Path: new("/label"), Port: new(portOf(t, address)),
			}}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.by, func(t *testing.T) {
			ctx := t.Context()
			namespace := newNamespace(t, "webhook-by-"+tt.by, map[string]string{"webhook": tt.by})
			if err := shared.PointService(ctx, namespace, service); err != nil {
				t.Fatal(err)
			}
			address, authority := serveWebhook(t, service+"."+namespace+".svc", label)
			name := "by-" + tt.by + ".outrigger.test"
			clientConfig := tt.config(namespace, address)
			clientConfig.CABundle = authority
			register(t, name, tt.by, clientConfig)

			// The API server learns of a new configuration a moment after it has
			// stored it.
			err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
				pod, err := shared.Client.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
					ObjectMeta: metav1.ObjectMeta{GenerateName: "lonely-"},
					Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.com/app:1"}}},
				}, metav1.CreateOptions{})
				return err == nil && pod.Labels["labelled"] == "yes", err
			})
			if err != nil {
				t.Fatalf("no pod got the webhook's label: %v", err)
			}

			audit, err := os.ReadFile(shared.AuditLog())
			if err != nil {
				t.Fatal(err)
			}
			if want := `"` + name + `/reason":"because"`; !strings.Contains(string(audit), want) {
				t.Errorf("no event in %s has the annotation %s", shared.AuditLog(), want)
			}
			if calls := callsOf(t, name); calls == 0 {
				t.Errorf("the API server counted no call of %s", name)
			}
		})
	}
}

// serveWebhook serves a webhook with a certificate for host and 127.0.0.1. It
// returns its address and the authority that it can be trusted by.
func serveWebhook(t *testing.T, host string, admit func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse) (address string, authority []byte) {
	t.Helper()
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, []string{host})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = admit(review.Request)
		review.Response.UID = review.Request.UID
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		// A reader that has gone is the API server's to report.
		_ = json.NewEncoder(w).Encode(review)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, certificate
}

// label labels every pod, and notes a reason in the audit log.
func label(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{
		Allowed:          true,
		PatchType:        new(admissionv1.PatchTypeJSONPatch),
		Patch:            []byte(`[{"op":"add","path":"/metadata/labels","value":{"labelled":"yes"}}]`),
		AuditAnnotations: map[string]string{"reason": "because"},
	}
}

// register registers a webhook for the pods of namespaces that have the label webhook=label.
func register(t *testing.T, name, label string, clientConfig admissionregistrationv1.WebhookClientConfig) {
	t.Helper()
	configurations := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	_, err := configurations.Create(t.Context(), &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name:                    name,
			ClientConfig:            clientConfig,
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"webhook": label}},
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := configurations.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// callsOf returns how many calls of a webhook the API server has timed.
func callsOf(t *testing.T, webhook string) (calls uint64) {
	t.Helper()
	metrics, err := shared.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, metric := range metrics["apiserver_admission_webhook_admission_duration_seconds"].GetMetric() {
		for _, label := range metric.GetLabel() {
			if label.GetName() == "name" && label.GetValue() == webhook {
				calls += metric.GetHistogram().GetSampleCount()
			}
		}
	}
	return calls
}

func portOf(t *testing.T, address string) int32 {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.ParseInt(parsed.Port(), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(port)
}
