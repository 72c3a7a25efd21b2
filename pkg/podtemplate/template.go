package podtemplate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Template is one compiled template of the configuration.
type Template struct {
	name   string
	source string
	in     *Dialect
	text   *template.Template
	Reads  Reads // what it can learn of a pod
	// last is how long what it rendered last is.
	last atomic.Int64
	// changes says that it calls a function that changes the maps it is given.
	changes bool
	// same and constant say what folds it, once it is first rendered: most
	// templates of a configuration never are.
	same     any
	constant []string
	folded   sync.Once
	// strict is the template that fails where something has no value.
	strict func() (*template.Template, error)
	// marked is the template that tells what wrote what.
	marked func() (*marked, error)
}

func newTemplate(in *Dialect, name, source string, text *template.Template) *Template {
	t := &Template{name: name, source: source, in: in, text: text, Reads: readsOf(text, in), changes: callsAny(text, changing)}
	t.strict = sync.OnceValues(t.parseStrict)
	t.marked = sync.OnceValues(t.parseMarked)
	return t
}

// Fold says which fields of the data are the same for every pod, and holds them, so
// that what depends on nothing else is carried out once.
func (t *Template) Fold(same any, constant ...string) { t.same, t.constant = same, constant }

// Render runs the template and reads the YAML that it gives. Of a key that stands
// twice in a mapping the last value counts. It fails once the context has ended.
func (t *Template) Render(ctx context.Context, data any) (*tree.Value, error) {
	data = within(ctx, data)
	text, err := t.write(data)
	if err != nil {
		return nil, err
	}
	if err := t.checkValues(text, data); err != nil {
		return nil, err
	}
	v, err := tree.ParseYAMLLastCounts(text)
	if k := v.Kind(); err == nil && k != tree.Object && k != tree.Null {
		err = fmt.Errorf("an object is wanted, not %s", tree.Describe(v))
	}
	if err != nil {
		return nil, fmt.Errorf("template %q does not render to YAML: %w%s", t.name, err, lineShown(text, err))
	}
	return v, nil
}

// write runs the template. The text has its room at once, in most cases, and is not
// copied: what is read of it points into it.
func (t *Template) write(data any) (string, error) {
	const most = 64 << 10 // not for all what one pod was
	var text strings.Builder
	text.Grow(int(min(t.last.Load(), most)))
	if err := t.Write(&text, data); err != nil {
		return "", err
	}
	t.last.Store(int64(text.Len()))
	return text.String(), nil
}

// Write runs the template.
func (t *Template) Write(text io.Writer, data any) error {
	t.folded.Do(func() {
		t.fold()
		interruptible(t.text)
	})
	if err := t.text.Execute(text, t.own(data)); err != nil {
		return withoutData(err)
	}
	return nil
}

// own is the data as a template may use it that changes maps: with values of its own.
func (t *Template) own(data any) any {
	v, ok := data.(*View)
	if !t.changes || !ok {
		return data
	}
	own := *v
	own.Values = copied(v.Values).(map[string]any)
	return &own
}

// withoutData is an error of a template's without the data that text/template prints
// in full where a loop is over something else than a list: a pod, or the values.
func withoutData(err error) error {
	const cannot = "range can't iterate over "
	if before, data, ok := strings.Cut(err.Error(), cannot); ok {
		return errors.New(before + cannot + tree.Extract(data))
	}
	return err
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
