package documents

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listed are the packages of the program; the other internal ones are of its tests.
var listed = regexp.MustCompile("^(?:pkg/|cmd/|internal/command$)")

// TestImportsPointOneWay holds what docs/architecture.md says of the packages: it
// lists all of them, and each imports those above it only.
func TestImportsPointOneWay(t *testing.T) {
	var order []string
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:pkg|cmd|internal)/\\w+)` \\|").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1) {
		order = append(order, row[1])
	}
	walk(t, func(file string) {
		pkg := path.Dir(file)
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || !listed.MatchString(pkg) {
			return
		}
		at := slices.Index(order, pkg)
		if at < 0 {
			t.Errorf("docs/architecture.md does not list %s", pkg)
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			name, ours := strings.CutPrefix(imported, "github.com/outrigger-io/outrigger/")
			if ours && listed.MatchString(name) && slices.Index(order, name) >= at {
				t.Errorf("%s imports %s, which docs/architecture.md lists below it", file, name)
			}
		}
	})
}

// maxLines is how long a file may grow before it holds more than one idea.
const maxLines = 500

// TestFilesAreShort looks at every file of Go.
func TestFilesAreShort(t *testing.T) {
	walk(t, func(file string) {
		if filepath.Ext(file) != ".go" {
			return
		}
		if n := strings.Count(read(t, file), "\n"); n > maxLines {
			t.Errorf("%s has %d lines, and %d are the most: it is worth splitting by ideas", file, n, maxLines)
		}
	})
}
