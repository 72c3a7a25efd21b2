package manifest

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzPlain checks that whatever text is read without the parser is read as it does.
func FuzzPlain(f *testing.F) {
	samples, err := filepath.Glob("testdata/samples/*")
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, piece := range plainPieces {
		f.Add([]byte("a: " + piece))
		f.Add([]byte(piece + "- b: c\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4<<10 {
			return
		}
		for _, doc := range documents(t, text) {
			checkPlain(t, doc)
		}
	})
}
