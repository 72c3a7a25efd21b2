package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// engineFunc is an engine made of a function.
type engineFunc func(inject.Request) (inject.Result, error)

func (f engineFunc) Inject(r inject.Request) (inject.Result, error) { return f(r) }

// addsContainer is an engine that injects every pod in the same way.
func addsContainer(inject.Request) (inject.Result, error) {
	return inject.Result{
		Decision: inject.Decision{Inject: true, Reason: inject.PolicyEnabled, Detail: "the policy is enabled"},
		Workload: inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "cart"},
		Patch: tree.Patch{
			{Op: "add", Path: "/spec/containers/-", Value: json.RawMessage(`{"name":"istio-proxy"}`)},
			{Op: "remove", Path: "/metadata/annotations/a~1b"},
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
			current: current, metrics: metrics, log: log, native: Always(false),
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

func TestAnswers(t *testing.T) {
	const patch = `[{"op":"add","path":"/spec/containers/-","value":{"name":"istio-proxy"}},{"op":"remove","path":"/metadata/annotations/a~1b"}]`
	injectedResponse := &admissionv1.AdmissionResponse{
		UID: "7f0b", Allowed: true, Patch: []byte(patch), PatchType: new(admissionv1.PatchTypeJSONPatch),
		AuditAnnotations: map[string]string{"decision": "injected", "reason": "PolicyEnabled", "detail": "the policy is enabled"},
	}
	untouched := func(reason string) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{
			UID: "7f0b", Allowed: true,
			AuditAnnotations: map[string]string{"decision": "skipped", "reason": reason},
		}
	}
	for _, test := range []struct {
		name, body, apiVersion string
		want                   *admissionv1.AdmissionResponse
	}{
		{"v1", creationOf(pod), reviewV1, injectedResponse},
		{
			"v1beta1", reviewOf(reviewV1beta1, podKinds+`,"namespace":"shop","operation":"CREATE","object":`+pod),
			reviewV1beta1, injectedResponse,
		},
		{"blanks round it", " \n" + creationOf(pod) + "\n ", reviewV1, injectedResponse},
		{
			"UPDATE", reviewOf(reviewV1, podKinds+`,"operation":"UPDATE","object":`+pod+`,"oldObject":`+pod),
			reviewV1, untouched("NotACreation"),
		},
		{
			"DELETE", reviewOf(reviewV1, podKinds+`,"operation":"DELETE","object":null,"oldObject":`+pod),
			reviewV1, untouched("NotACreation"),
		},
		{
			"another kind", reviewOf(reviewV1, `"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},"operation":"CREATE","object":{}`),
			reviewV1, untouched("NotAPod"),
		},
		{
			"pods of another group", reviewOf(reviewV1, `"kind":{"group":"metrics.k8s.io","version":"v1","kind":"Pod"},"resource":{"group":"metrics.k8s.io","version":"v1","resource":"pods"},"operation":"CREATE","object":{}`),
			reviewV1, untouched("NotAPod"),
		},
		{
			"a subresource", reviewOf(reviewV1, podKinds+`,"subResource":"ephemeralcontainers","operation":"CREATE","object":{}`),
			reviewV1, untouched("NotAPod"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := answerOf(t, newFixture(t, engineFunc(addsContainer)).post(test.body))
			if got.APIVersion != test.apiVersion {
				t.Errorf("answered in %q, asked in %q", got.APIVersion, test.apiVersion)
			}
			if diff := cmp.Diff(test.want, got.Response); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}

// What is no review has no uid to answer to: the HTTP status and a text say so.
func TestNoReview(t *testing.T) {
	const json = "application/json"
	for _, test := range []struct {
		name, method, contentType, body string
		code                            int
		message                         string
	}{
		{"GET", http.MethodGet, json, "", 405, "only POST"},
		{"PUT", http.MethodPut, json, creationOf(pod), 405, "only POST"},
		{"no content type", http.MethodPost, "", creationOf(pod), 415, "application/json"},
		{"another content type", http.MethodPost, "application/yaml", creationOf(pod), 415, "application/json"},
		{"a content type that cannot be read", http.MethodPost, "application/json; =", creationOf(pod), 415, "application/json"},
		{"no body", http.MethodPost, json, "", 400, "ends too early"},
		{"garbage", http.MethodPost, json, "pod: cart", 400, "wanted an object"},
		{"cut short", http.MethodPost, json, creationOf(pod)[:200], 400, "ends too early"},
		{"trailing garbage", http.MethodPost, json, creationOf(pod) + "}", 400, "more text after the value"},
		{"two reviews", http.MethodPost, json, creationOf(pod) + creationOf(pod), 400, "more text after the value"},
		{"a list", http.MethodPost, json, "[" + creationOf(pod) + "]", 400, "unexpected '['"},
		{"another kind", http.MethodPost, json, `{"kind":"Pod","apiVersion":"v1"}`, 400, `"Pod"`},
		{"another version", http.MethodPost, json, reviewOf("admission.k8s.io/v2", `"operation":"CREATE"`), 400, `"admission.k8s.io/v2"`},
		{"no request", http.MethodPost, json, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}`, 400, "no request"},
		{"null request", http.MethodPost, json, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}`, 400, "no request"},
		{"no uid", http.MethodPost, json, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}`, 400, "no uid"},
		{"too large", http.MethodPost, json, strings.Repeat(" ", maxBody) + "{", 413, "8 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, engineFunc(addsContainer))
			r := httptest.NewRequest(test.method, "/inject", strings.NewReader(test.body))
			if test.contentType != "" {
				r.Header.Set("Content-Type", test.contentType)
			}
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			if w.Code != test.code || !strings.Contains(w.Body.String(), test.message) {
				t.Errorf("got %d %q, want %d with %q", w.Code, w.Body, test.code, test.message)
			}
			if got := f.metric(t, "sidecar_injection_failure_total", "InvalidReview"); got != 1 {
				t.Errorf("counted as %v failures, want 1", got)
			}
		})
	}
}

// A body that does not say how long it is is bounded all the same.
func TestBodyOfUnknownLength(t *testing.T) {
	f := newFixture(t, engineFunc(addsContainer))
	for _, test := range []struct {
		body io.Reader
		code int
	}{
		{strings.NewReader(creationOf(pod)), 200},
		{strings.NewReader(strings.Repeat(" ", maxBody-len(creationOf(pod))) + creationOf(pod)), 200},
		{strings.NewReader(strings.Repeat(" ", maxBody+1)), 413},
		{io.MultiReader(strings.NewReader("{"), failingReader{}), 400},
	} {
		r := httptest.NewRequest(http.MethodPost, "/inject", io.NopCloser(test.body))
		r.ContentLength = -1
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != test.code {
			t.Errorf("got %d %.100q, want %d", w.Code, w.Body, test.code)
		}
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

func TestEngineIsAskedWithEverything(t *testing.T) {
	var got inject.Request
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		got = r
		got.Pod = bytes.Clone(r.Pod)
		return inject.Result{Decision: inject.Decision{Reason: inject.LabelDisabled}}, nil
	}))
	f.native = Always(true)
	f.namespaces = annotationsFunc(func(namespace string) (map[string]string, error) {
		return map[string]string{"of": namespace}, nil
	})
	r := httptest.NewRequest(http.MethodPost, "/inject/cluster/a/net/b", strings.NewReader(creationOf(pod)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	answerOf(t, w)
	want := inject.Request{
		Pod: []byte(pod), Namespace: "shop", NativeSidecars: true,
		Params:               inject.ParsePath("/inject/cluster/a/net/b"),
		NamespaceAnnotations: map[string]string{"of": "shop"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	deployment := inject.Workload{Kind: "Deployment", Name: "cart"}
	for _, test := range []struct {
		name   string
		engine engineFunc
		want   metav1.Status
		reason inject.Reason
	}{
		{
			"a bad annotation", func(inject.Request) (inject.Result, error) {
				return inject.Result{Workload: deployment, Decision: inject.Decision{Reason: inject.InvalidAnnotation}},
					errors.New(`annotation sidecar.istio.io/proxyCPU: "lots" is no quantity`)
			},
			metav1.Status{
				Status: "Failure", Code: 422, Reason: metav1.StatusReasonInvalid,
				Message: `Deployment "cart": annotation sidecar.istio.io/proxyCPU: "lots" is no quantity`,
			},
			inject.InvalidAnnotation,
		},
		{
			"no pod", func(inject.Request) (inject.Result, error) {
				return inject.Result{Decision: inject.Decision{Reason: inject.InvalidPod}}, errors.New("no pod")
			},
			metav1.Status{Status: "Failure", Code: 400, Reason: metav1.StatusReasonBadRequest, Message: "no pod"},
			inject.InvalidPod,
		},
		{
			"a template that fails", func(inject.Request) (inject.Result, error) {
				return inject.Result{Workload: inject.Workload{Kind: "Pod"}, Decision: inject.Decision{Reason: inject.TemplateFailed}}, errors.New("template sidecar")
			},
			metav1.Status{Status: "Failure", Code: 500, Reason: metav1.StatusReasonInternalError, Message: "Pod: template sidecar"},
			inject.TemplateFailed,
		},
		{
			"no reason", func(inject.Request) (inject.Result, error) { return inject.Result{}, errors.New("strange") },
			metav1.Status{Status: "Failure", Code: 500, Reason: metav1.StatusReasonInternalError, Message: "strange"},
			UnexplainedError,
		},
		{
			"a message without end", func(inject.Request) (inject.Result, error) {
				return inject.Result{}, errors.New(strings.Repeat("ü", maxMessage))
			},
			metav1.Status{
				Status: "Failure", Code: 500, Reason: metav1.StatusReasonInternalError,
				Message: strings.Repeat("ü", (maxMessage-3)/2) + "…",
			},
			UnexplainedError,
		},
		{
			"a panic", func(inject.Request) (inject.Result, error) { panic("index out of range") },
			metav1.Status{
				Status: "Failure", Code: 500, Reason: metav1.StatusReasonInternalError,
				Message: "Outrigger has a fault and cannot decide about this pod; its log has the details",
			},
			Panic,
		},
		{
			"no configuration", nil,
			metav1.Status{
				Status: "Failure", Code: 503, Reason: metav1.StatusReasonServiceUnavailable,
				Message: "Outrigger has no configuration that compiles and cannot decide about this pod; its log says why",
			},
			NoConfiguration,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var engine Engine
			if test.engine != nil {
				engine = test.engine
			}
			f := newFixture(t, engine)
			got := answerOf(t, f.post(creationOf(pod)))
			want := &admissionv1.AdmissionResponse{
				UID: "7f0b", Result: &test.want,
				AuditAnnotations: map[string]string{"decision": "refused", "reason": string(test.reason)},
			}
			if diff := cmp.Diff(want, got.Response); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
			if got := f.metric(t, "sidecar_injection_failure_total", string(test.reason)); got != 1 {
				t.Errorf("counted as %v failures, want 1", got)
			}
		})
	}
}

type annotationsFunc func(string) (map[string]string, error)

func (f annotationsFunc) Annotations(_ context.Context, namespace string) (map[string]string, error) {
	return f(namespace)
}

func TestPanicsElsewhere(t *testing.T) {
	for name, breakIt := range map[string]func(*handler){
		"path":       func(h *handler) { h.parsePath = func(string) inject.Params { panic("path") } },
		"namespaces": func(h *handler) { h.namespaces = annotationsFunc(nil) },
		"native":     func(h *handler) { h.native = nil },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, engineFunc(addsContainer))
			breakIt(f.handler)
			got := answerOf(t, f.post(creationOf(pod)))
			if got.Response.Allowed || got.Response.Result.Code != 500 {
				t.Errorf("got %+v, want a refusal with code 500", got.Response)
			}
			if got := f.metric(t, "sidecar_injection_panics_total", ""); got != 1 {
				t.Errorf("counted %v panics, want 1", got)
			}
			if !strings.Contains(f.logged.String(), "stack=") {
				t.Error("the log has no stack")
			}
			// The next call is not harmed by the one before.
			f.parsePath, f.namespaces, f.native = inject.ParsePath, nil, Always(false)
			if got := answerOf(t, f.post(creationOf(pod))); len(got.Response.Patch) == 0 {
				t.Error("the pod after the panic was not injected")
			}
		})
	}
	t.Run("before there is a uid", func(t *testing.T) {
		f := newFixture(t, engineFunc(addsContainer))
		r := httptest.NewRequest(http.MethodPost, "/inject", panickingReader{})
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || w.Body.Len() == 0 {
			t.Errorf("got %d %q, want 500 and a text", w.Code, w.Body)
		}
	})
}

type panickingReader struct{}

func (panickingReader) Read([]byte) (int, error) { panic("read") }

func TestNamespaceThatCannotBeRead(t *testing.T) {
	f := newFixture(t, engineFunc(addsContainer))
	f.namespaces = annotationsFunc(func(string) (map[string]string, error) { return nil, errors.New("forbidden") })
	got := answerOf(t, f.post(creationOf(pod)))
	if got.Response.Allowed || !strings.Contains(got.Response.Result.Message, `namespace "shop"`) {
		t.Errorf("got %+v, want a refusal that names the namespace", got.Response)
	}
	if got := f.metric(t, "sidecar_injection_failure_total", "NamespaceUnknown"); got != 1 {
		t.Errorf("counted as %v failures, want 1", got)
	}
}

// Every call is one request and one of success, failure and skip.
func TestCountsAreHonest(t *testing.T) {
	results := map[string]func() (inject.Result, error){
		"inject": func() (inject.Result, error) { return addsContainer(inject.Request{}) },
		"again": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Inject: true, Reason: inject.LabelEnabled}}, nil
		},
		"skip": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Reason: inject.HostNetwork}}, nil
		},
		"refuse": func() (inject.Result, error) {
			return inject.Result{Decision: inject.Decision{Reason: inject.TemplateUnknown}}, errors.New("no such template")
		},
	}
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) { return results[r.Namespace]() }))
	for _, namespace := range []string{"inject", "skip", "again", "refuse", "skip", "inject"} {
		answerOf(t, f.post(strings.Replace(creationOf(pod), "shop", namespace, 1)))
	}
	f.post("garbage")
	answerOf(t, f.post(reviewOf(reviewV1, podKinds+`,"operation":"DELETE"`)))
	for _, want := range []struct {
		name, reason string
		value        float64
	}{
		{"sidecar_injection_requests_total", "", 8},
		{"sidecar_injection_time_seconds", "", 8},
		{"sidecar_injection_success_total", "", 3},
		{"sidecar_injection_skip_total", "HostNetwork", 2},
		{"sidecar_injection_skip_total", "NotACreation", 1},
		{"sidecar_injection_failure_total", "TemplateUnknown", 1},
		{"sidecar_injection_failure_total", "InvalidReview", 1},
		{"sidecar_injection_failure_total", "Panic", 0},
		{"sidecar_injection_panics_total", "", 0},
		{"sidecar_injection_config_valid", "", 1},
	} {
		if got := f.metric(t, want.name, want.reason); got != want.value {
			t.Errorf("%s{reason=%q} = %v, want %v", want.name, want.reason, got, want.value)
		}
	}
	for _, name := range []string{"go_goroutines", "process_cpu_seconds_total"} {
		families, _ := f.registry.Gather()
		found := false
		for _, family := range families {
			found = found || family.GetName() == name
		}
		if !found {
			t.Errorf("no metric %s", name)
		}
	}
}

func TestLogLine(t *testing.T) {
	f := newFixture(t, engineFunc(func(inject.Request) (inject.Result, error) {
		result, err := addsContainer(inject.Request{})
		result.Warnings = []string{"one"}
		return result, err
	}))
	f.logged.Reset()
	secret := strings.Replace(pod, "cart-0", "hush", 1)
	answerOf(t, f.post(strings.Replace(creationOf(secret), `"operation"`, `"dryRun":true,"operation"`, 1)))
	line := f.logged.String()
	if strings.Count(line, "\n") != 1 {
		t.Errorf("a decision is one line, got %q", line)
	}
	for _, want := range []string{"level=INFO", "decision=injected", "reason=PolicyEnabled", "namespace=shop", "workload=Deployment/cart", "uid=7f0b", "duration=", "warnings=1", "dryRun=true"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log line lacks %q: %s", want, line)
		}
	}
	if strings.Contains(line, "hush") {
		t.Errorf("the log line holds the pod: %s", line)
	}
}

// A pod that belongs to nothing and has yet to get its name is told by what it is made
// of.
func TestLogLineOfABarePod(t *testing.T) {
	f := newFixture(t, engineFunc(func(inject.Request) (inject.Result, error) {
		return inject.Result{Decision: inject.Decision{Reason: inject.PolicyDisabled}, Workload: inject.Workload{Kind: "Pod"}}, nil
	}))
	for of, want := range map[string]string{`"generateName":"trial-"`: "workload=Pod/trial-*", `"labels":{}`: "workload=Pod "} {
		f.logged.Reset()
		answerOf(t, f.post(creationOf(`{"metadata":{`+of+`},"spec":{"containers":[]}}`)))
		if line := f.logged.String(); !strings.Contains(line, want) {
			t.Errorf("with %s, the log line lacks %q: %s", of, want, line)
		}
	}
}

// Calls at once do not get into each other's memory.
func TestCallsAtOnce(t *testing.T) {
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		return inject.Result{
			Decision: inject.Decision{Inject: true, Reason: inject.PolicyEnabled},
			Patch:    tree.Patch{{Op: "add", Path: "/metadata", Value: json.RawMessage(r.Pod)}},
		}, nil
	}))
	f.log = slog.New(slog.DiscardHandler)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			own := `{"name":"` + strings.Repeat(string(rune('a'+i)), 100*(i+1)) + `"}`
			for range 50 {
				got := answerOf(t, f.post(creationOf(own)))
				if want := `[{"op":"add","path":"/metadata","value":` + own + `}]`; string(got.Response.Patch) != want {
					t.Errorf("got %s, want %s", got.Response.Patch, want)
				}
			}
		})
	}
	all.Wait()
}
