package podtemplate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/outrigger-io/outrigger/pkg/compiled"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Template is one compiled template of the configuration.
type Template struct {
	name   string
	source string
	in     *Dialect
	text   *template.Template
	Reads  Reads // what it can learn of a pod
	// changes says that it calls a function that changes the maps it is given.
	changes bool
	// same and constant say what of the data never changes. It is compiled once it is
	// first rendered: most templates of a configuration never are.
	same     any
	constant []string
	ready    sync.Once
	program  *compiled.Program // nil where text/template has to do it
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

// Fix says which fields of the data are the same for every pod, and holds them, so
// that what depends on nothing else is carried out once.
func (t *Template) Fix(same any, constant ...string) { t.same, t.constant = same, constant }

// Render runs the template and reads the YAML that it gives. Of a key that stands
// twice in a mapping the last value counts. It fails once the context has ended.
func (t *Template) Render(ctx context.Context, data any) (*tree.Value, error) {
	data = within(ctx, data)
	text, err := t.Text(data)
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

// Text is what the template gives.
func (t *Template) Text(data any) (string, error) {
	t.ready.Do(func() {
		t.compile(data)
		interruptible(t.text)
	})
	if v, ok := data.(*View); ok && t.program != nil {
		if text, done, err := t.program.Run(v, v.goOn); done || err != nil {
			return text, err
		}
	}
	var text strings.Builder
	if err := t.text.Execute(&text, t.own(data)); err != nil {
		return "", withoutData(err)
	}
	return text.String(), nil
}

// compile makes the program, but of templates that change the maps they are given.
func (t *Template) compile(data any) {
	v, ok := data.(*View)
	if !ok || t.changes {
		return
	}
	in := compiled.Language{Functions: t.in.functions(), Quick: quick, Repeatable: func(name string) bool { return !Unrepeatable[name] }}
	sample := &View{ProxyConfig: v.ProxyConfig} // which is a type of its own in each format
	t.program = compiled.Compile(t.text, in, sample, t.same, t.constant...)
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
