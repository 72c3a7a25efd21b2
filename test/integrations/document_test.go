package integrations_test

import (
	"os"
	"strings"
	"testing"
)

// block is a fenced code block of a document.
type block struct {
	language, file string // the words behind the fence
	text           string
}

// sections are the code blocks of a document, by the heading of second level that
// they stand under.
func sections(t *testing.T, document string) map[string][]block {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]block{}
	var heading string
	var open *block
	for line := range strings.Lines(string(text)) {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && open == nil:
			open = &block{}
			open.language, open.file, _ = strings.Cut(strings.TrimSpace(fence), " ")
		case isFence:
			found[heading] = append(found[heading], *open)
			open = nil
		case open != nil:
			open.text += line
		case strings.HasPrefix(line, "## "):
			heading = strings.TrimSpace(line[len("## "):])
		}
	}
	return found
}
