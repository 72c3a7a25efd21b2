package integrations_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTemplates runs the commands of docs/templates.md, and holds what it shows
// of files against the files.
func TestTemplates(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "golden"))); err != nil {
		t.Fatal(err)
	}
	document := sections(t, filepath.Join(root, "docs", "templates.md"))
	commands := 0
	for _, section := range []string{"A log shipper", "Try it", "Test it"} {
		var told string
		for _, b := range document[section] {
			switch {
			case b.language == "sh":
				out, err := run(t, dir, nil, b.text)
				told = string(out) + err
				commands++
			case b.language == "text":
				holds(t, told, b.text)
			case b.file != "":
				text, err := os.ReadFile(filepath.Join(dir, b.file))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(text), b.text); diff != "" {
					t.Errorf("%s (-file +document):\n%s", b.file, diff)
				}
			}
		}
	}
	if commands != 4 {
		t.Errorf("%d blocks of commands were run, want 4", commands)
	}
}
