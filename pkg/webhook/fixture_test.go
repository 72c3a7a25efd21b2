package webhook

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

func (f engineFunc) Inject(r inject.Request) (inject.Result, error) { return f(r) }

// addsContainer is an engine that injects every pod in the same way.
func addsContainer(inject.Request) (inject.Result, error) {
	return inject.Result{
		Decision: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the policy is enabled"},
		Workload: inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "cart"},
		Patch: tree.Patch{
			tree.NewOperation("add", "/spec/containers/-", json.RawMessage(`{"name":"istio-proxy"}`)),
			tree.NewOperation("remove", "/metadata/annotations/a~1b", nil),
		},
	}, nil
}

// fixture is a handler with everything round it that a test can look at.
type fixture struct {
	*handler
	registry *prometheus.Registry
	logged   *bytes.Buffer
}

func newFixture(t testing.TB, engine Engine) fixture {
	t.Helper()
	registry, logged := prometheus.NewRegistry(), &bytes.Buffer{}
	log := slog.New(slog.NewTextHandler(logged, nil))
	metrics, err := newMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	current := newCurrent(func(*configuration.Texts) (Engine, error) { return engine, nil }, log, metrics)
	if engine != nil {
		if err := current.Apply(&configuration.Texts{}); err != nil {
			t.Fatal(err)
		}
	}
	return fixture{
		handler: &handler{
			current: current, metrics: metrics, log: log, troubles: newTroubles(log), room: newRoom(), native: Always(false),
			parsePath: inject.ParsePath,
		},
		registry: registry,
		logged:   logged,
	}
}

// post sends a body to the handler as the API server does.
func (f fixture) post(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/inject", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// answerOf reads an answer as strictly as can be.
func answerOf(t testing.TB, w *httptest.ResponseRecorder) admissionv1.AdmissionReview {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP status %d, want 200: %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	decoder := json.NewDecoder(w.Body)
	decoder.DisallowUnknownFields()
	var review admissionv1.AdmissionReview
	if err := decoder.Decode(&review); err != nil {
		t.Fatalf("the answer is no AdmissionReview: %v", err)
	}
	if review.Kind != "AdmissionReview" || review.Response == nil {
		t.Fatalf("the answer lacks its kind or its response: %+v", review)
	}
	return review
}

// metric reads a counter or gauge with the given label values, 0 if absent.
func (f fixture) metric(t testing.TB, name, reason string) float64 {
	t.Helper()
	families, err := f.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.Metric {
			if reason == "" || hasLabel(m, "reason", reason) {
				switch family.GetType() {
				case dto.MetricType_COUNTER:
					return m.GetCounter().GetValue()
				case dto.MetricType_GAUGE:
					return m.GetGauge().GetValue()
				case dto.MetricType_HISTOGRAM:
					return float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
	}
	return 0
}

func hasLabel(m *dto.Metric, name, value string) bool {
	for _, label := range m.Label {
		if label.GetName() == name && label.GetValue() == value {
			return true
		}
	}
	return false
}

const (
	podKinds = `"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"}`
	pod      = `{"kind":"Pod","metadata":{"name":"cart-0"},"spec":{"containers":[{"name":"cart"}]}}`
)

func reviewOf(apiVersion, request string) string {
	return `{"kind":"AdmissionReview","apiVersion":"` + apiVersion + `","request":{"uid":"7f0b",` + request + `}}`
}

func creationOf(pod string) string {
	return reviewOf(reviewV1, podKinds+`,"namespace":"shop","operation":"CREATE","object":`+pod)
}
