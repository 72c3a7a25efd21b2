package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

const (
	// maxBody is the size of the largest AdmissionReview that is read, in bytes.
	// The API server takes objects of 3 MiB.
	maxBody = 8 << 20
	// maxKept is the size of the largest buffer that is kept for the next call.
	maxKept = 1 << 20
	// firstRead is what is set aside for a body before any of it is there,
	// whatever its Content-Length promises.
	firstRead = 64 << 10
)

// NativeSidecars tells whether a pod's proxy is to be a native sidecar: an init
// container that goes on running.
type NativeSidecars interface {
	// ForPod is asked with the JSON of a pod about to be created.
	ForPod(pod []byte) bool
}

// Always is one answer for every pod.
type Always bool

// ForPod returns the answer.
func (a Always) ForPod([]byte) bool { return bool(a) }

// NamespaceAnnotations knows the annotations of namespaces.
type NamespaceAnnotations interface {
	// Annotations are those of the namespace, as far as injection reads them.
	Annotations(ctx context.Context, namespace string) (map[string]string, error)
}

// handler answers AdmissionReviews.
type handler struct {
	current    *Current
	metrics    *Metrics
	log        *slog.Logger
	parsePath  func(string) inject.Params
	native     NativeSidecars
	namespaces NamespaceAnnotations // nil: not on OpenShift
	// proxyConfigs are nil where there is nothing to ask.
	proxyConfigs *mesh.Resources
}

// call holds what one call needs of memory, to be used again by the next.
type call struct {
	body, patch, answer []byte
	// apiVersion and request are empty until the envelope has been read.
	apiVersion string
	request    reviewedCall
}

var calls = sync.Pool{New: func() any { return new(call) }}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c := calls.Get().(*call)
	v := h.answer(c, r)
	write(w, c, &v)
	took := time.Since(began)
	h.metrics.count(&v, took)
	h.report(r.Context(), c, &v, took)
	if v.reason != Panic { // whatever panicked may still hold on to the memory
		c.release()
	}
}

func (c *call) release() {
	if cap(c.body) > maxKept || cap(c.patch) > maxKept || cap(c.answer) > maxKept {
		return
	}
	*c = call{body: c.body[:0], patch: c.patch[:0], answer: c.answer[:0]}
	calls.Put(c)
}

// answer decides about a call and writes the answer to its memory. Whatever goes
// wrong on the way becomes a refusal.
func (h *handler) answer(c *call, r *http.Request) (v verdict) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		h.metrics.panics.Inc()
		h.log.Error("panic while answering a call", "uid", c.request.UID, "namespace", c.request.Namespace,
			"panic", panicText(p), "stack", string(debug.Stack()))
		const message = "Outrigger has a fault and cannot decide about this pod; its log has the details"
		v = refuse(Panic, http.StatusInternalServerError, message)
		if c.request.UID == "" {
			v.unanswerable = true
			return
		}
		c.answer = appendReview(c.answer[:0], c.apiVersion, c.request.UID, &v)
	}()
	v = h.decide(c, r)
	if !v.unanswerable {
		c.answer = appendReview(c.answer[:0], c.apiVersion, c.request.UID, &v)
	}
	return v
}

func (h *handler) decide(c *call, r *http.Request) verdict {
	if r.Method != http.MethodPost {
		return unanswerable(http.StatusMethodNotAllowed, "only POST is answered here")
	}
	if !isJSON(r.Header) {
		return unanswerable(http.StatusUnsupportedMediaType, "the Content-Type has to be application/json")
	}
	if err := c.read(r); err != nil {
		if errors.Is(err, errTooLarge) {
			return unanswerable(http.StatusRequestEntityTooLarge, err.Error())
		}
		return unanswerable(http.StatusBadRequest, "reading the body: "+err.Error())
	}
	asked, err := decodeReview(c.body)
	if err != nil {
		return unanswerable(http.StatusBadRequest, err.Error())
	}
	c.apiVersion, c.request = asked.apiVersion, *asked.request

	switch {
	case !c.request.isPod():
		return skip(NotAPod)
	case c.request.Operation != "CREATE":
		return skip(NotACreation)
	}
	engine := h.current.Engine()
	if engine == nil {
		return refuse(NoConfiguration, http.StatusServiceUnavailable,
			"Outrigger has no configuration that compiles and cannot decide about this pod; its log says why")
	}
	return h.inject(engine, c, r)
}

func (h *handler) inject(engine Engine, c *call, r *http.Request) verdict {
	request := inject.Request{
		Pod:            c.request.Object,
		Namespace:      c.request.Namespace,
		Params:         h.parsePath(r.URL.Path),
		NativeSidecars: h.native.ForPod(c.request.Object),
		ProxyConfigs:   h.proxyConfigs,
	}
	if h.namespaces != nil {
		annotations, err := h.namespaces.Annotations(r.Context(), c.request.Namespace)
		if err != nil {
			return refuse(NamespaceUnknown, http.StatusInternalServerError,
				fmt.Sprintf("namespace %q, whose annotations give the proxy its user id: %v", c.request.Namespace, err))
		}
		request.NamespaceAnnotations = annotations
	}
	result, err := engine.Inject(request)
	v := verdict{
		outcome:  skipped,
		reason:   result.Decision.Reason,
		detail:   result.Decision.Detail,
		workload: result.Workload,
		warnings: result.Warnings,
	}
	switch {
	case err != nil:
		v.outcome, v.detail = refused, "" // the message says more
		if v.reason == "" {
			v.reason = UnexplainedError
		}
		v.code = refusalCode(v.reason)
		v.message = refusalMessage(&result.Workload, err)
	case result.Decision.Inject:
		v.outcome = injected
		c.patch = appendPatch(c.patch[:0], result.Patch)
		v.patch = c.patch
	}
	return v
}

// refusalMessage is what `kubectl describe` of the owner shows after the
// webhook's name: which workload, and what is wrong with it.
func refusalMessage(w *inject.Workload, err error) string {
	switch {
	case w.Kind == "":
		return err.Error()
	case w.Name == "":
		return w.Kind + ": " + err.Error()
	default:
		return fmt.Sprintf("%s %q: %v", w.Kind, w.Name, err)
	}
}

var errTooLarge = fmt.Errorf("the body is larger than %d MiB", maxBody>>20)

// read takes the body of a request into the call's memory.
func (c *call) read(r *http.Request) error {
	if r.ContentLength > maxBody {
		return errTooLarge
	}
	// One byte more than promised, to see the end without growing.
	if want := int(min(max(r.ContentLength+1, 4<<10), firstRead)); cap(c.body) < want {
		c.body = make([]byte, 0, want)
	}
	c.body = c.body[:0]
	for {
		if len(c.body) == cap(c.body) {
			c.body = append(c.body, 0)[:len(c.body)]
		}
		n, err := r.Body.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if len(c.body) > maxBody {
			return errTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func isJSON(header http.Header) bool {
	contentType := header.Get("Content-Type")
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// Header values that are the same for every answer are shared by all.
var (
	jsonType = []string{"application/json"}
	textType = []string{"text/plain; charset=utf-8"}
	noSniff  = []string{"nosniff"}
)

func write(w http.ResponseWriter, c *call, v *verdict) {
	header := w.Header()
	code := http.StatusOK
	if v.unanswerable {
		code = v.code
		c.answer = append(append(c.answer[:0], v.message...), '\n')
		header["Content-Type"], header["X-Content-Type-Options"] = textType, noSniff
		if code == http.StatusMethodNotAllowed {
			header.Set("Allow", http.MethodPost)
		}
	} else {
		header["Content-Type"] = jsonType
	}
	header["Content-Length"] = []string{strconv.Itoa(len(c.answer))}
	w.WriteHeader(code)
	// A caller that is gone has no use for the answer, and the log has it.
	_, _ = w.Write(c.answer)
}

// report writes the one line that each call leaves in the log.
func (h *handler) report(ctx context.Context, c *call, v *verdict, took time.Duration) {
	if !h.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs,
		slog.String("decision", string(v.outcome)),
		slog.String("reason", string(v.reason)),
		slog.String("namespace", c.request.Namespace),
		slog.String("workload", c.workloadName(&v.workload)),
		slog.String("uid", c.request.UID),
		slog.Duration("duration", took),
	)
	if v.detail != "" {
		attrs = append(attrs, slog.String("detail", bounded(v.detail, maxDetail)))
	}
	if v.message != "" {
		attrs = append(attrs, slog.String("message", bounded(v.message, maxMessage)))
	}
	if len(v.warnings) > 0 {
		attrs = append(attrs, slog.Int("warnings", len(v.warnings)))
	}
	if c.request.DryRun {
		attrs = append(attrs, slog.Bool("dryRun", true))
	}
	h.log.LogAttrs(ctx, slog.LevelInfo, "admission", attrs...)
}

// workloadName is what people know a pod by. One that belongs to nothing may have no
// name yet, but what the API server makes one of.
func (c *call) workloadName(w *inject.Workload) string {
	if w.Name != "" {
		return w.Kind + "/" + w.Name
	}
	var pod struct {
		Metadata struct{ GenerateName string }
	}
	if json.Unmarshal(c.request.Object, &pod) == nil && pod.Metadata.GenerateName != "" {
		return w.Kind + "/" + pod.Metadata.GenerateName + "*"
	}
	return w.Kind
}
