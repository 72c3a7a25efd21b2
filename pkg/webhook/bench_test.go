package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/internal/reviews"
	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// chunk is how many bodies are made at a time, with the clock stopped, and how
// many calls are held against as many round trips.
const chunk = 64

// BenchmarkAdmission is a call through the handler with a real engine, body in
// to answer out. RT/op is the median, over chunks of calls, of the time that a call
// takes as a multiple of one encoding/json Unmarshal and Marshal of the same body;
// cpuRT/op is the same of processor time, which other work on the machine leaves alone.
//
// A replica is the next pod of a workload that has been seen; what differs from
// one to the next is what differs in a cluster. Again is the same pod when the API
// server has it reviewed once more, injected. At first sight, nothing of the kind
// has been seen before. Every body comes once.
func BenchmarkAdmission(b *testing.B) {
	sources, bodies := benchInput(b)
	for _, name := range reviewNames(bodies) {
		body := bodies[name]
		b.Run(name+"/replica", func(b *testing.B) { benchCalls(b, sources, body, reviews.Replica) })
		b.Run(name+"/again", func(b *testing.B) { benchCalls(b, sources, injectedReview(b, sources, body), reviews.Replica) })
		b.Run(name+"/first-sight", func(b *testing.B) { benchCalls(b, sources, body, reviews.OtherWorkload) })
	}
}

// BenchmarkFormats is first sights with the largest configuration of each format.
func BenchmarkFormats(b *testing.B) {
	bodies := capturedReviews(b, shared.Need(b, "admission-reviews"))
	for _, f := range formatsByAge(b) {
		for _, name := range []string{"pod-bare", "replicaset-reviews-v1"} {
			b.Run(strings.ReplaceAll(f.name, " ", "_")+"/"+name, func(b *testing.B) { benchCalls(b, f.sources, bodies[name], reviews.OtherWorkload) })
		}
	}
}

type formatSources struct {
	name    string
	sources inject.Sources
}

// formatsByAge is the largest configuration of each format, of the newest first.
func formatsByAge(t testing.TB) (all []formatSources) {
	t.Helper()
	largest := conformance.LargestOfFormats(t)
	for _, format := range inject.Formats() {
		if sources, ok := largest[format]; ok { // 1.0 has golden files elsewhere
			all = append(all, formatSources{format, sources})
		}
	}
	return all
}

// BenchmarkThroughput is how many reviews a second the handler answers when all
// cores ask it, replicas of all captured workloads in turn; -cpu says how many.
func BenchmarkThroughput(b *testing.B) {
	sources, bodies := benchInput(b)
	h := newBenchHandler(b, sources)
	call := h.caller(b)
	var all [][]byte
	for _, name := range reviewNames(bodies) {
		call(bodies[name])
		all = append(all, batchOf(bodies[name], 1, chunk, reviews.Replica)...)
	}
	var next atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		call := h.caller(b) // which has a request of its own
		for pb.Next() {
			call(all[int(next.Add(1))%len(all)])
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reviews/s")
}

// BenchmarkRoundTrip is the yardstick itself.
func BenchmarkRoundTrip(b *testing.B) {
	_, bodies := benchInput(b)
	for _, name := range reviewNames(bodies) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				roundTrip(b, bodies[name])
			}
		})
	}
}

func reviewNames(bodies map[string][]byte) []string {
	names := make([]string, 0, len(bodies))
	for name := range bodies {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func benchCalls(b *testing.B, sources inject.Sources, body []byte, next func(body []byte, n int) []byte) {
	call := newBenchHandler(b, sources).caller(b)
	call(body)
	var clock, processor []float64
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += chunk {
		b.StopTimer()
		batch := batchOf(body, done+1, min(chunk, b.N-done), next)
		yardstick := clocked(batch, func(body []byte) { roundTrip(b, body) })
		b.StartTimer()
		cost := clocked(batch, func(body []byte) { call(body) })
		clock = append(clock, cost.clock/yardstick.clock)
		processor = append(processor, cost.processor/yardstick.processor)
	}
	b.StopTimer()
	b.ReportMetric(median(clock), "RT/op")
	b.ReportMetric(median(processor), "cpuRT/op")
}

func batchOf(body []byte, from, n int, next func(body []byte, n int) []byte) [][]byte {
	batch := make([][]byte, n)
	for i := range batch {
		batch[i] = next(body, from+i)
	}
	return batch
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// cost is a time by the clock and of the processor.
type cost struct{ clock, processor float64 }

func clocked(batch [][]byte, do func(body []byte)) cost {
	began, used := time.Now(), processorTime()
	for _, body := range batch {
		do(body)
	}
	return cost{float64(time.Since(began)), float64(processorTime() - used)}
}

func roundTrip(t testing.TB, body []byte) {
	var document map[string]any
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(document); err != nil {
		t.Fatal(err)
	}
}

// injectedReview is the review of a pod that its first review had injected.
func injectedReview(t testing.TB, sources inject.Sources, body []byte) []byte {
	t.Helper()
	var review struct {
		Request struct {
			Object json.RawMessage `json:"object"`
		} `json:"request"`
	}
	var answer admissionv1.AdmissionReview
	text := newBenchHandler(t, sources).caller(t)(body)
	if err := errors.Join(json.Unmarshal(body, &review), json.Unmarshal(text, &answer)); err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(answer.Response.Patch)
	if err != nil || len(patch) == 0 {
		t.Fatalf("not injected: %s, %v", text, err)
	}
	pod, err := patch.Apply(review.Request.Object)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(body, review.Request.Object, pod, 1)
}

// benchHandler is a handler over a real engine, with its log written as a server's
// is, and thrown away.
type benchHandler struct{ fixture }

func newBenchHandler(t testing.TB, sources inject.Sources) benchHandler {
	engine, err := inject.Compile(sources, inject.Options{Revision: "default"})
	if err != nil {
		t.Fatal(err)
	}
	h := benchHandler{newFixture(t, engine)}
	h.log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	return h
}

// caller returns what posts a body to the handler and returns the answer.
func (h benchHandler) caller(t testing.TB) func(body []byte) []byte {
	r := httptest.NewRequest(http.MethodPost, "/inject", nil)
	r.Header.Set("Content-Type", "application/json")
	reader := bytes.NewReader(nil)
	r.Body = io.NopCloser(reader)
	return func(body []byte) []byte {
		reader.Reset(body)
		r.ContentLength = int64(len(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(`"reason":"PolicyEnabled"`)) {
			t.Errorf("not injected: %s", w.Body)
		}
		return w.Body.Bytes()
	}
}

// benchInput is the captured reviews and the default configuration of the
// conformance cases, or what the project has of its own where they are not here.
func benchInput(t testing.TB) (inject.Sources, map[string][]byte) {
	t.Helper()
	configs, configured := shared.Find(t, "conformance/current/configs/default")
	folder, captured := shared.Find(t, "admission-reviews")
	if !configured || !captured {
		t.Logf("no captured reviews or no conformance configuration here: measured with the engine's own testdata, which compares with no figure of docs/performance.md")
		return inject.Sources{
			Config: readFile(t, filepath.Join("..", "inject", "testdata", "config.yaml")),
			Values: readFile(t, filepath.Join("..", "inject", "testdata", "values.yaml")),
		}, map[string][]byte{"testdata": readFile(t, filepath.Join("testdata", "review.json"))}
	}
	return inject.Sources{
		Config: readFile(t, filepath.Join(configs, "config.yaml")),
		Values: readFile(t, filepath.Join(configs, "values.json")),
		Mesh:   readFile(t, filepath.Join(configs, "mesh.yaml")),
	}, capturedReviews(t, folder)
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
