package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// capturedReviews are bodies as an API server posts them, by name. They are no
// part of the project: ADMISSION_REVIEWS_DIR, or the folder shared beside it,
// has them.
func capturedReviews(t testing.TB) map[string][]byte {
	t.Helper()
	directory := os.Getenv("ADMISSION_REVIEWS_DIR")
	if directory == "" {
		directory = filepath.Join("..", "..", "..", "shared", "admission-reviews")
	}
	paths, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Skipf("no captured admission reviews in %s; set ADMISSION_REVIEWS_DIR", directory)
	}
	reviews := map[string][]byte{}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		reviews[filepath.Base(path)] = body
	}
	return reviews
}

// What is read of a captured review is what encoding/json reads of it.
func TestCapturedReviews(t *testing.T) {
	for name, body := range capturedReviews(t) {
		t.Run(name, func(t *testing.T) {
			var want struct {
				Request struct {
					UID, Namespace, Operation string
					Object                    json.RawMessage
				}
			}
			if err := json.Unmarshal(body, &want); err != nil {
				t.Fatal(err)
			}
			got, err := decodeReview(body)
			if err != nil {
				t.Fatal(err)
			}
			r := got.Request
			if r.UID != want.Request.UID || r.Namespace != want.Request.Namespace || r.Operation != want.Request.Operation ||
				!bytes.Equal(r.Object, want.Request.Object) || !r.isPod() {
				t.Errorf("read %+v", r)
			}
			f := newFixture(t, engineFunc(addsContainer))
			if response := answerOf(t, f.post(string(body))).Response; !response.Allowed || len(response.Patch) == 0 {
				t.Errorf("answered %+v", response)
			}
		})
	}
}

// The server's own share of a call: everything but the engine's work. A round
// trip of the body through encoding/json stands beside it as the yardstick.
func BenchmarkHandler(b *testing.B) {
	body := capturedReviews(b)["replicaset-productpage-v1.json"]
	b.Run("call", func(b *testing.B) {
		f := newFixture(b, engineFunc(addsContainer))
		f.log = slog.New(slog.NewJSONHandler(io.Discard, nil))
		reader := bytes.NewReader(body)
		r := httptest.NewRequest(http.MethodPost, "/inject", nil)
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = int64(len(body))
		b.ReportAllocs()
		for b.Loop() {
			reader.Reset(body)
			r.Body = io.NopCloser(reader)
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(w.Body)
			}
		}
	})
	b.Run("roundtrip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var document map[string]any
			if err := json.Unmarshal(body, &document); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(document); err != nil {
				b.Fatal(err)
			}
		}
	})
}
