package webhook

import (
	"context"
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
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// maxKept is the size of the largest buffer that is kept for the next call.
const maxKept = 2 * smallBody

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
	troubles   *troubles
	room       *room
	parsePath  func(string) inject.Params
	native     NativeSidecars
	namespaces NamespaceAnnotations // nil: not on OpenShift
	// proxyConfigs are nil where there is nothing to ask.
	proxyConfigs *mesh.Resources
}

// call holds what one call needs of memory, to be used again by the next.
type call struct {
	body, piece, answer []byte
	// apiVersion and request are empty until the envelope has been read.
	apiVersion string
	request    reviewedCall

	budget budget
	place  place
}

var calls = sync.Pool{New: func() any { return new(call) }}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	c := calls.Get().(*call)
	c.budget = budgetOf(r, began)
	var v verdict
	defer func() {
		h.room.leave(&c.place)
		if v.reason != Panic { // whatever panicked may still hold on to the memory
			c.release()
		}
	}()
	v = h.answer(c, r)
	h.room.worked(&c.place)
	write(w, c, &v)
	took := time.Since(began)
	h.metrics.count(&v, took)
	h.report(r.Context(), c, &v, took)
}

func (c *call) release() {
	if cap(c.body) > maxKept || cap(c.piece) > maxKept || cap(c.answer) > maxKept {
		return
	}
	*c = call{body: c.body[:0], piece: c.piece[:0], answer: c.answer[:0]}
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
		h.log.Error("panic while answering a call", "uid", bounded(c.request.UID, maxField), "namespace", bounded(c.request.Namespace, maxField),
			"panic", panicText(p), "stack", string(debug.Stack()))
		const message = "Outrigger has a fault and cannot decide about this pod; its log has the details"
		v = refuse(Panic, http.StatusInternalServerError, message)
		if c.request.UID == "" {
			v.unanswerable = true
			return
		}
		c.writeReview(&v)
	}()
	v = h.decide(c, r)
	if !v.unanswerable {
		c.writeReview(&v)
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
	if err := h.read(c, r); err != nil {
		return unread(err)
	}
	if err := h.room.forWork(&c.place, len(c.body), &c.budget); err != nil {
		return unread(err)
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
		Context:        &c.budget,
		Pod:            c.request.Object,
		Namespace:      c.request.Namespace,
		Params:         h.parsePath(r.URL.Path),
		NativeSidecars: h.native.ForPod(c.request.Object),
		ProxyConfigs:   h.proxyConfigs,
	}
	if h.namespaces != nil {
		waiting, stop := c.budget.waiting(LongestCall)
		defer stop()
		annotations, err := h.namespaces.Annotations(waiting, c.request.Namespace)
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
		v.patch = result.Patch
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

// unread is the verdict on a body that there is no reading or no working on.
func unread(err error) verdict {
	if _, tooLarge := errors.AsType[*tooLargeError](err); tooLarge {
		return unanswerable(http.StatusRequestEntityTooLarge, err.Error())
	}
	v := unanswerable(http.StatusServiceUnavailable, err.Error())
	switch {
	case errors.Is(err, errNoRoom):
		v.reason, v.code = Overloaded, http.StatusTooManyRequests
		return v
	case errors.Is(err, context.Canceled):
		v.reason = inject.OutOfTime
		return v
	}
	return unanswerable(http.StatusBadRequest, "reading the body: "+err.Error())
}

// read takes the body of a request into the call's memory, which grows as the body
// comes, whatever its Content-Length promises.
func (h *handler) read(c *call, r *http.Request) error {
	if r.ContentLength > int64(h.room.largest) {
		return h.room.tooLarge()
	}
	if c.body = c.body[:0]; cap(c.body) == 0 {
		c.body = make([]byte, 0, freeBody)
	}
	for {
		if len(c.body) == cap(c.body) {
			// One byte more than promised shows the end without growing.
			grown := 2 * cap(c.body)
			if promised := int(r.ContentLength) + 1; promised > cap(c.body) {
				grown = min(grown, promised)
			}
			if err := h.room.forBody(&c.place, grown, &c.budget); err != nil {
				return err
			}
			c.body = append(make([]byte, 0, grown), c.body...)
		}
		n, err := r.Body.Read(c.body[len(c.body):cap(c.body)])
		c.body = c.body[:len(c.body)+n]
		if len(c.body) > h.room.largest {
			return h.room.tooLarge()
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
		switch code {
		case http.StatusMethodNotAllowed:
			header.Set("Allow", http.MethodPost)
		case http.StatusTooManyRequests:
			header.Set("Retry-After", "1")
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
	switch {
	case v.reason == Overloaded:
		h.troubles.note("there is no room for a call", v.message)
		return
	case v.reason == InvalidReview:
		h.troubles.note("a request is no call that can be answered", v.message)
		return
	}
	if !h.log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs,
		slog.String("decision", string(v.outcome)),
		slog.String("reason", string(v.reason)),
		slog.String("namespace", bounded(c.request.Namespace, maxField)),
		slog.String("workload", bounded(c.workloadName(&v.workload), maxField)),
		slog.String("uid", bounded(c.request.UID, maxField)),
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
	if begin := generateName(c.request.Object); begin != "" {
		return w.Kind + "/" + begin + "*"
	}
	return w.Kind
}

// generateName is what the API server makes a pod's name of, empty for nothing.
func generateName(pod []byte) string {
	s := tree.NewScanner(pod)
	for key := range s.Members() {
		if key != "metadata" {
			continue
		}
		for key := range s.Members() {
			if key == "generateName" {
				return s.Text()
			}
		}
	}
	return ""
}
