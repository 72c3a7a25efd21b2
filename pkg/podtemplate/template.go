package podtemplate

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Template is one compiled template of the configuration.
type Template struct {
	name  string
	text  *template.Template
	Reads Reads     // what it can learn of a pod
	texts sync.Pool // of *bytes.Buffer, for what it renders
	// same and constant say what folds it, once it is first rendered: most
	// templates of a configuration never are.
	same     any
	constant []string
	folded   sync.Once
}

// Fold says which fields of the data are the same for every pod, and holds them, so
// that what depends on nothing else is carried out once.
func (t *Template) Fold(same any, constant ...string) { t.same, t.constant = same, constant }

// Render runs the template and reads the YAML that it gives.
func (t *Template) Render(data any) (*tree.Value, error) {
	t.folded.Do(t.fold)
	text, ok := t.texts.Get().(*bytes.Buffer)
	if !ok {
		text = &bytes.Buffer{}
	}
	defer t.texts.Put(text)
	text.Reset()
	if err := t.text.Execute(text, data); err != nil {
		return nil, err
	}
	v, err := tree.ParseYAMLObject(text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("template %q does not render to YAML: %w%s", t.name, err, lineShown(text.String(), err))
	}
	return v, nil
}

var lineInError = regexp.MustCompile(`\bline (\d+)`)

// lineShown quotes the rendered line that an error names: people have the
// template before them, not what became of it.
func lineShown(text string, err error) string {
	match := lineInError.FindStringSubmatch(err.Error())
	if match == nil {
		return ""
	}
	n, _ := strconv.Atoi(match[1])
	lines := strings.Split(text, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	line := strings.TrimSpace(lines[n-1])
	if len(line) > 120 {
		line = line[:120] + "..."
	}
	return fmt.Sprintf(" (rendered: %q)", line)
}
