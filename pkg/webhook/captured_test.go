package webhook

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// capturedReviews are bodies as an API server posts them, by name. They are no
// part of the project: ADMISSION_REVIEWS_DIR, or the folder shared beside it,
// has them.
func capturedReviews() map[string][]byte {
	paths, _ := filepath.Glob(filepath.Join(folderBeside("ADMISSION_REVIEWS_DIR", "admission-reviews"), "*.json"))
	reviews := map[string][]byte{}
	for _, path := range paths {
		if body, err := os.ReadFile(path); err == nil {
			reviews[strings.TrimSuffix(filepath.Base(path), ".json")] = body
		}
	}
	return reviews
}

// folderBeside is the folder that a variable names, else one of those shared
// beside the project.
func folderBeside(variable, name string) string {
	if directory := os.Getenv(variable); directory != "" {
		return directory
	}
	return filepath.Join("..", "..", "..", "shared", name)
}

// What is read of a captured review is what encoding/json reads of it.
func TestCapturedReviews(t *testing.T) {
	reviews := capturedReviews()
	if len(reviews) == 0 {
		t.Skip("no captured admission reviews are here; set ADMISSION_REVIEWS_DIR")
	}
	for name, body := range reviews {
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
