package shared

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"project/go.mod":                "module github.com/outrigger-io/outrigger\n\ngo 1.26\n",
		"project/test/other/go.mod":     "module github.com/outrigger-io/outrigger/test/other\n",
		"project/test/other/in/in.go":   "package in\n",
		"shared/conformance/README.md":  "cases\n",
		"project/shared/reviews/a.json": "{}\n",
	} {
		file = filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{"project", "project/test/other", "project/test/other/in"} {
		t.Run(from, func(t *testing.T) {
			t.Chdir(filepath.Join(root, from))
			for name, want := range map[string]bool{"conformance": true, "conformance/README.md": true, "reviews": false} {
				path, there := Find(t, name)
				if there != want || filepath.Base(path) != filepath.Base(name) {
					t.Errorf("%s: %s, there: %v", name, path, there)
				}
			}
			if !t.Run("needed", func(t *testing.T) { Need(t, "reviews"); t.Error("a test goes on without what it needs") }) {
				t.Error("the test did not skip")
			}
		})
	}
}
