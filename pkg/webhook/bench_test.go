package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// chunk is how many bodies are made at a time, with the clock stopped, and how
// many calls are held against as many round trips.
const chunk = 64

// BenchmarkAdmission is a call through the handler with a real engine, body in
// to answer out. RT/op is the median, over chunks of calls, of what a call costs
// as a multiple of one encoding/json Unmarshal and Marshal of the same body.
//
// A replica is the next pod of a workload that has been seen; what differs from
// one to the next is what differs in a cluster. At first sight, nothing of the
// kind has been seen before. Every body comes once.
func BenchmarkAdmission(b *testing.B) {
	sources, reviews := benchInput(b)
	for _, name := range reviewNames(reviews) {
		body := reviews[name]
		b.Run(name+"/replica", func(b *testing.B) { benchCalls(b, sources, body, replicaOf) })
		b.Run(name+"/first-sight", func(b *testing.B) { benchCalls(b, sources, body, workloadLike) })
	}
}

// BenchmarkRoundTrip is the yardstick itself.
func BenchmarkRoundTrip(b *testing.B) {
	_, reviews := benchInput(b)
	for _, name := range reviewNames(reviews) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				roundTrip(b, reviews[name])
			}
		})
	}
}

func reviewNames(reviews map[string][]byte) []string {
	names := make([]string, 0, len(reviews))
	for name := range reviews {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func benchCalls(b *testing.B, sources inject.Sources, body []byte, next func(body []byte, n int) []byte) {
	call := newBenchCall(b, sources)
	call(body)
	var ratios []float64
	var bodies [chunk][]byte
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += chunk {
		b.StopTimer()
		batch := bodies[:min(chunk, b.N-done)]
		for i := range batch {
			batch[i] = next(body, done+i+1)
		}
		yardstick := clocked(func() {
			for _, body := range batch {
				roundTrip(b, body)
			}
		})
		b.StartTimer()
		ratios = append(ratios, clocked(func() {
			for _, body := range batch {
				call(body)
			}
		})/yardstick)
	}
	b.StopTimer()
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "RT/op")
}

func clocked(do func()) float64 {
	began := time.Now()
	do()
	return float64(time.Since(began))
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

// newBenchCall returns what posts a body to a handler over a real engine, with
// its log written as a server's is, and thrown away.
func newBenchCall(t testing.TB, sources inject.Sources) func(body []byte) {
	engine, err := inject.Compile(sources, inject.Options{Revision: "default"})
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, engine)
	f.log = slog.New(slog.NewJSONHandler(io.Discard, nil))
	r := httptest.NewRequest(http.MethodPost, "/inject", nil)
	r.Header.Set("Content-Type", "application/json")
	reader := bytes.NewReader(nil)
	r.Body = io.NopCloser(reader)
	return func(body []byte) {
		reader.Reset(body)
		r.ContentLength = int64(len(body))
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(`"patchType"`)) {
			t.Fatalf("not injected: %s", w.Body)
		}
	}
}

// benchInput is the captured reviews and the default configuration of the
// conformance cases, or what the project has of its own where they are not here.
func benchInput(t testing.TB) (inject.Sources, map[string][]byte) {
	t.Helper()
	conformance := folderBeside("CONFORMANCE_DIR", "conformance")
	configs := filepath.Join(conformance, "current", "configs", "default")
	reviews := capturedReviews()
	if _, err := os.Stat(configs); err != nil || len(reviews) == 0 {
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
	}, reviews
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

var (
	uid        = regexp.MustCompile(`"request":\{"uid":"[^"]*"`)
	tokenName  = regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`)
	fieldTime  = regexp.MustCompile(`"time":"[^"]*"`)
	podOrdinal = regexp.MustCompile(`"(name|hostname|statefulset.kubernetes.io/pod-name)":"web-[0-9]+"`)
	podIndex   = regexp.MustCompile(`"apps.kubernetes.io/pod-index":"[0-9]+"`)
	hash       = regexp.MustCompile(`"pod-template-hash":"([^"]*)"`)
	image      = regexp.MustCompile(`"image":"([^"]*)"`)
	baseName   = regexp.MustCompile(`"name":"(bare|web)`)
)

// replicaOf is the review of another pod of the same workload.
func replicaOf(body []byte, n int) []byte {
	body = uid.ReplaceAll(body, fmt.Appendf(nil, `"request":{"uid":"00000000-0000-4000-8000-%012d"`, n))
	body = tokenName.ReplaceAll(body, fmt.Appendf(nil, "kube-api-access-%s", suffix(n)))
	body = fieldTime.ReplaceAll(body, fmt.Appendf(nil, `"time":%q`, time.Unix(1700000000+int64(n), 0).UTC().Format(time.RFC3339)))
	body = podOrdinal.ReplaceAll(body, fmt.Appendf(nil, `"$1":"web-%d"`, n))
	return podIndex.ReplaceAll(body, fmt.Appendf(nil, `"apps.kubernetes.io/pod-index":"%d"`, n))
}

// suffix is five letters or digits, as the API server draws them.
func suffix(n int) string {
	return fmt.Sprintf("%05s", strconv.FormatInt(int64(n)%(36*36*36*36*36), 36))
}

// workloadLike is the review of a pod of another workload.
func workloadLike(body []byte, n int) []byte {
	body = replicaOf(body, n)
	if old := hash.FindSubmatch(body); old != nil {
		body = bytes.ReplaceAll(body, old[1], fmt.Appendf(nil, "%010d", n))
	}
	body = baseName.ReplaceAll(body, fmt.Appendf(nil, `"name":"$1%d`, n))
	body = bytes.ReplaceAll(body, []byte(`-v1`), fmt.Appendf(nil, `-v1-%d`, n))
	return image.ReplaceAll(body, fmt.Appendf(nil, `"image":"$1-%d"`, n))
}
