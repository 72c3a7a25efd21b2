package webhook

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/shared"
)

// capturedReviews are the bodies in a folder as an API server posts them, by name.
func capturedReviews(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no reviews: %v", err)
	}
	reviews := map[string][]byte{}
	for _, path := range paths {
		reviews[strings.TrimSuffix(filepath.Base(path), ".json")] = readFile(t, path)
	}
	return reviews
}

// What is read of a captured review is what encoding/json reads of it.
func TestCapturedReviews(t *testing.T) {
	for name, body := range capturedReviews(t, shared.Need(t, "admission-reviews")) {
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
			r := got.request
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
