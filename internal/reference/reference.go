// Package reference keeps the parts of documents that are made of the code in
// step with it. A part stands between two comments:
//
//	<!-- made by make docs: NAME -->
//	...
//	<!-- end -->
//
// A test holds it against what it should be, and writes it anew with -update.
package reference

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const end = "<!-- end -->\n"

// Hold fails a test where a document's part is not the text, or with update makes
// it so.
func Hold(t *testing.T, update bool, file, part, text string) {
	t.Helper()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin := fmt.Sprintf("<!-- made by make docs: %s -->\n", part)
	above, rest, found := strings.Cut(string(whole), begin)
	was, below, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s: it has no part between %q and %q", file, begin, end)
	}
	text = "\n" + strings.TrimSpace(text) + "\n\n"
	if was == text {
		return
	}
	if !update {
		t.Errorf("%s: %s is not what the code says; make docs writes it anew (-document +code):\n%s", file, part, cmp.Diff(was, text))
		return
	}
	if err := os.WriteFile(file, []byte(above+begin+text+end+below), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Table is a table in Markdown.
func Table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(strings.Join(strings.Fields(cell), " "), "|", `\|`)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	line(head)
	b.WriteString(strings.Repeat("|---", len(head)) + "|\n")
	for _, row := range rows {
		line(row)
	}
	return b.String()
}
