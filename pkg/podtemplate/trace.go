package podtemplate

import (
	"bytes"
	"slices"
	"sort"
	"sync"
	"text/template"
	"text/template/parse"

	"google.golang.org/protobuf/proto"
)

// Trace tells of a rendering which line of the template wrote what.
//
// The template is executed once more with a mark before each of its nodes, which notes
// where the output has come to and gives no text: so it is the same to the byte.
type Trace struct {
	in        *marked
	data      *View
	layers    []ProxyLayer
	text      []byte
	events    []*event
	last      []*event // by the mark's id
	calls     []*event // of templates, that are being carried out
	positions *positions
	known     map[string]Read // by the path in the data, but of elements of lists
}

// ProxyLayer is the ProxyConfig of a pod as far as one of its sources has been laid
// over those before.
type ProxyLayer struct {
	Source string
	Data   proto.Message
}

// event is a mark that was come to.
type event struct {
	*mark
	at     int // how much text there was
	roots  []any
	around *event
	given  []*event
}

// marked is a template with its marks.
type marked struct {
	name, source string
	lines        []int // where each begins in the source
	text         *template.Template
	marks        []*mark
	outline      func() outline
}

// parseMarked returns the template as it was written, with marks.
func (t *Template) parseMarked() (*marked, error) {
	text, err := t.in.parse(t.name, t.source)
	if err != nil {
		return nil, err
	}
	return &marked{
		name: t.name, source: t.source, lines: lineStarts(t.source), text: text, marks: markAll(text),
		outline: sync.OnceValue(func() outline { return outlineOf(t.source, t.in.Left, t.in.Right) }),
	}, nil
}

// Trace renders data that the template has rendered before, and traces it, as long as the
// context of that rendering goes on. layers are
// those of the data's ProxyConfig, the last of which it is.
func (t *Template) Trace(data *View, layers []ProxyLayer) (*Trace, error) {
	in, err := t.marked()
	if err != nil {
		return nil, err
	}
	text, err := in.text.Clone()
	if err != nil {
		return nil, err
	}
	trace := &Trace{in: in, data: data, layers: layers, last: make([]*event, len(in.marks)), known: map[string]Read{}}
	var out bytes.Buffer
	text.Funcs(template.FuncMap{markFunction: func(id int, roots ...any) (string, error) {
		trace.come(in.marks[id], out.Len(), roots)
		if data.context != nil {
			return "", data.context.Err()
		}
		return "", nil
	}})
	if err := text.Execute(&out, t.own(data)); err != nil {
		return nil, withoutData(err)
	}
	trace.text = out.Bytes()
	trace.positions = positionsIn(trace.text)
	return trace, nil
}

// Text is what was rendered.
func (t *Trace) Text() string { return string(t.text) }

func (t *Trace) come(m *mark, at int, roots []any) {
	if m.node == nil && m.taken == noBranch {
		t.calls = t.calls[:len(t.calls)-1]
		return
	}
	e := &event{mark: m, at: at, roots: roots}
	switch {
	case m.around != nil:
		e.around = t.last[m.around.id]
	case len(t.calls) > 0:
		e.around = t.calls[len(t.calls)-1]
	}
	for _, g := range m.given {
		if gave := t.last[g.id]; gave != nil && !slices.Contains(e.given, gave) {
			e.given = append(e.given, gave)
		}
	}
	t.last[m.id] = e
	t.events = append(t.events, e)
	if _, ok := m.node.(*parse.TemplateNode); ok {
		t.calls = append(t.calls, e)
	}
}

// Origin is what wrote a value of what was rendered.
type Origin struct {
	// Line is the template's, from 1 in its own text.
	Line  int
	Reads []Read
}

// At is the origin of a value by the steps of its path in what was rendered; ok is false
// where there is no such value.
func (t *Trace) At(path []string) (o Origin, ok bool) {
	start, end, ok := t.positions.of(path)
	if !ok {
		return Origin{}, false
	}
	first := t.writing(start)
	if first < 0 {
		return Origin{}, false
	}
	o.Line = t.in.lineOf(t.events[first], start)
	wrote := t.between(first, start, end)
	reads := readings{trace: t}
	for _, e := range wrote {
		reads.own(e)
	}
	for _, e := range wrote {
		for around := e.around; around != nil; around = around.around {
			reads.own(around)
		}
	}
	o.Reads = reads.list
	return o, true
}

// between are the events that wrote a text from its first on.
func (t *Trace) between(first, start, end int) []*event {
	line := t.in.lineOf(t.events[first], start)
	for first > 0 && t.isSilent(first-1, start, line) {
		first--
	}
	last := first
	for last+1 < len(t.events) && (t.events[last+1].at < end || t.isSilent(last+1, end, line)) {
		last++
	}
	return t.events[first : last+1]
}

// Annotation is the one of the pod's out of which a value was written, by the steps of
// its path in what was rendered; empty where it was none.
func (t *Trace) Annotation(path []string) string {
	start, end, ok := t.positions.of(path)
	if !ok {
		return ""
	}
	first := t.writing(start)
	if first < 0 {
		return ""
	}
	reads := readings{trace: t}
	for _, e := range t.between(first, start, end) {
		reads.own(e)
	}
	for _, read := range reads.list {
		if read.Kind == ReadAnnotation && !read.Missing {
			return read.Path
		}
	}
	return ""
}

// Line is the template's line, from 1 in its own text, that began a value by the steps of
// its path in what was rendered: the line of its key, or of an element. It is 0 where
// there is no such value.
func (t *Trace) Line(path []string) int {
	start, ok := t.positions.entry(path)
	if !ok {
		return 0
	}
	if i := t.writing(start); i >= 0 {
		return t.in.lineOf(t.events[i], start)
	}
	return 0
}

// isSilent says that an event is an action which gave no text, on the line of a value and
// at the offset at which it begins or ends: it could have been part of it.
func (t *Trace) isSilent(i, offset, line int) bool {
	e := t.events[i]
	_, isAction := e.node.(*parse.ActionNode)
	return isAction && e.at == offset && t.in.lineOf(e, offset) == line
}

// writing is the event that wrote the text at an offset.
func (t *Trace) writing(offset int) int {
	return sort.Search(len(t.events), func(i int) bool { return t.events[i].at > offset }) - 1
}

// lineOf is the line of the template that wrote the text at an offset.
func (in *marked) lineOf(e *event, offset int) int {
	text, ok := e.node.(*parse.TextNode)
	if !ok {
		return in.line(int(e.node.Position()))
	}
	return in.line(int(text.Pos) + offset - e.at)
}

func (in *marked) line(pos int) int {
	return sort.Search(len(in.lines), func(i int) bool { return in.lines[i] > pos })
}

// lineStarts are where the lines of a text begin.
func lineStarts(text string) []int {
	starts := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}
