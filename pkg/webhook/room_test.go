package webhook

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestRoom: of the chart's memory there is enough for what the API server takes, and
// never more than that for bodies at one time.
func TestRoom(t *testing.T) {
	for _, test := range []struct {
		memory     int64
		processors int
		largest    string
		atOnce     int64
	}{
		{256 << 20 * 8 / 10, 2, "3.5", 1},
		{256 << 20 * 8 / 10, 16, "3.5", 8},
		{1 << 30, 4, "8", 2},
		{32 << 20, 1, "3.5", 1},
	} {
		r := roomIn(test.memory, test.processors)
		if got := r.tooLarge().Error(); got != "the body is larger than "+test.largest+" MiB" || r.atOnce != test.atOnce {
			t.Errorf("%d MiB: %s, %d at once", test.memory>>20, got, r.atOnce)
		}
	}
}

func (r *room) free() bool {
	all := r.small.TryAcquire(4<<20) && r.large.TryAcquire(2*maxBody) && r.work.TryAcquire(r.workBytes)
	if all {
		r.small.Release(4 << 20)
		r.large.Release(2 * maxBody)
		r.work.Release(r.workBytes)
	}
	return all
}

// large is a review of that many bytes at least.
func large(bytes int) string {
	return creationOf(`{"metadata":{"annotations":{"a":"` + strings.Repeat("x", bytes) + `"}}}`)
}

// slowBody is a body whose rest comes when it is told to.
type slowBody struct {
	begins io.Reader
	rest   chan struct{}
}

func (s slowBody) Read(p []byte) (int, error) {
	if n, err := s.begins.Read(p); err == nil {
		return n, nil
	}
	<-s.rest
	return 0, io.ErrUnexpectedEOF
}

// TestPlacesAreGivenBack whatever becomes of a call.
func TestPlacesAreGivenBack(t *testing.T) {
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		if r.Namespace == "panic" {
			panic("a fault")
		}
		return addsContainer(r)
	}))
	f.room = roomIn(32<<20, 1)
	for name, body := range map[string]string{
		"small": creationOf(pod), "large": large(1 << 20), "too large": large(4 << 20), "garbage": strings.Repeat("x", 1<<20),
		"a panic": strings.Replace(large(1<<20), `"shop"`, `"panic"`, 1),
	} {
		f.post(body)
		if !f.room.free() {
			t.Errorf("%s: the place is kept", name)
		}
	}
	broken := httptest.NewRequest(http.MethodPost, "/inject", io.MultiReader(strings.NewReader(strings.Repeat(" ", 1<<20)), failingReader{}))
	broken.Header.Set("Content-Type", "application/json")
	f.ServeHTTP(httptest.NewRecorder(), broken)
	if !f.room.free() {
		t.Error("a broken body: the place is kept")
	}
}

// TestSmallCallsPassLargeOnes: where there is no room for large bodies, small ones are
// answered, and a large one is told to come again.
func TestSmallCallsPassLargeOnes(t *testing.T) {
	held := make(chan struct{})
	working := make(chan struct{})
	f := newFixture(t, engineFunc(func(r inject.Request) (inject.Result, error) {
		if len(r.Pod) > smallBody {
			working <- struct{}{}
			<-held
		}
		return addsContainer(r)
	}))
	f.room = roomIn(32<<20, 1)
	answered := make(chan int)
	go func() { answered <- f.post(large(1 << 20)).Code }()
	<-working

	answerOf(t, f.post(creationOf(pod)))
	began := time.Now()
	r := httptest.NewRequest(http.MethodPost, "/inject?timeout=100ms", strings.NewReader(large(1<<20)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("beyond the room: %d %s after %v, Retry-After %q", w.Code, w.Body, time.Since(began), w.Header().Get("Retry-After"))
	}
	if got := f.metric(t, "sidecar_injection_failure_total", string(Overloaded)); got != 1 {
		t.Errorf("counted as %v failures", got)
	}
	close(held)
	if code := <-answered; code != http.StatusOK {
		t.Errorf("the first one: %d", code)
	}
	go func() { <-working }()
	if w := f.post(large(1 << 20)); w.Code != http.StatusOK {
		t.Errorf("the next one: %d", w.Code)
	}
}

// TestPromisesTakeNoRoom: a body takes what has come of it, not what it says it will be.
func TestPromisesTakeNoRoom(t *testing.T) {
	f := newFixture(t, engineFunc(addsContainer))
	f.room = roomIn(32<<20, 1)
	rest, left := make(chan struct{}), make(chan struct{})
	const slow = 5_000 // which promise 15 GB
	for range slow {
		r := httptest.NewRequest(http.MethodPost, "/inject", slowBody{strings.NewReader(`{"kind":`), rest})
		r.ContentLength = 3 << 20
		r.Header.Set("Content-Type", "application/json")
		go func() {
			f.ServeHTTP(httptest.NewRecorder(), r)
			left <- struct{}{}
		}()
	}
	for range 100 {
		answerOf(t, f.post(creationOf(fmt.Sprintf(`{"metadata":{"name":%q}}`, strings.Repeat("n", 30<<10)))))
	}
	close(rest)
	for range slow {
		<-left
	}
	if !f.room.free() {
		t.Error("places are kept")
	}
}
