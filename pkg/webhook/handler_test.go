package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// engineFunc is an engine made of a function.
type engineFunc func(inject.Request) (inject.Result, error)

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
			for name, want := range map[string]float64{
				"outrigger_bad_requests_total": 1, "sidecar_injection_requests_total": 0, "sidecar_injection_time_seconds": 0,
			} {
				if got := f.metric(t, name, ""); got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
			if got := f.metric(t, "sidecar_injection_failure_total", "InvalidReview"); got != 0 {
				t.Errorf("counted as %v pods refused", got)
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
	if until, ok := got.Context.Deadline(); !ok || time.Until(until) > LongestCall {
		t.Errorf("the engine has until %v", until)
	}
	got.Context = nil
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
