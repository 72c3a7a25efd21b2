package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Row is a line of an outline: the YAML of what was written, and of what it is in.
type Row struct {
	// Text is indented, and has no secret in it whole.
	Text string
	// Field is what the line writes, or begins to write. Nil for what was there before.
	Field *Field
	// Whole says that the line has the field's value, or what is gone.
	Whole bool
}

// outliner writes down a document of which fields were written.
type outliner struct {
	fields map[string]*Field // by path
	gone   map[string][]*Field
	rows   []Row
}

// Outline is the YAML of fields in a pod and what they are in, in the order of the
// pod. All else of the pod is left out.
func (w *Written) Outline(fields []Field) []Row {
	o := &outliner{fields: map[string]*Field{}, gone: map[string][]*Field{}}
	for i := range fields {
		f := &fields[i]
		if f.Change == Removed {
			o.gone[f.Path] = append(o.gone[f.Path], f)
		} else {
			o.fields[f.Path] = f
		}
	}
	o.inside(w, "", "", "")
	return o.rows
}

// first is the first field at or below a path, nil for none.
func (o *outliner) first(w *Written, path string) *Field {
	if f := o.fields[path]; f != nil {
		return f
	}
	if gone := o.gone[path]; len(gone) > 0 {
		return gone[0]
	}
	for _, m := range w.members {
		if f := o.first(m.value, below(path, m.key)); f != nil {
			return f
		}
	}
	for i, item := range w.items {
		if f := o.first(item, below(path, strconv.Itoa(i))); f != nil {
			return f
		}
	}
	return nil
}

func below(path, step string) string { return string(tree.AppendStep([]byte(path), step)) }

// inside writes what is in a mapping or list. lead stands before its first line, in
// place of that line's indentation.
func (o *outliner) inside(w *Written, path, indent, lead string) {
	next := func() string {
		begin := indent
		if lead != "" {
			begin, lead = lead, ""
		}
		return begin
	}
	for _, m := range w.members {
		o.value(m.value, below(path, m.key), next, key(m.key)+":", indent+"  ", indent)
	}
	for i, item := range w.items {
		o.value(item, below(path, strconv.Itoa(i)), next, "-", indent+"  ", indent+"  ")
	}
	for _, f := range o.gone[path] {
		text := strings.TrimPrefix(f.Name[strings.LastIndexAny(f.Name, ".[")+1:], ".")
		o.rows = append(o.rows, Row{next() + strings.TrimSuffix(text, "]") + ": " + tree.Concealed(string(f.Was)), f, true})
	}
}

// value writes a member or item that is among the fields, or has some in it. Mappings
// in it are indented by mapping, lists by list.
func (o *outliner) value(w *Written, path string, begin func() string, name, mapping, list string) {
	first := o.first(w, path)
	if first == nil {
		return
	}
	switch {
	case o.fields[path] != nil:
		o.rows = append(o.rows, Row{begin() + name + " " + shown(w), first, true})
	case name == "-" && w.kind == tree.Object:
		o.item(w, path, begin()+"- ", mapping, first)
	default:
		o.rows = append(o.rows, Row{begin() + name, o.ifNew(w, first), false})
		indent := mapping
		if w.kind == tree.Array {
			indent = list
		}
		o.inside(w, path, indent, "")
	}
}

// item writes an item that is a mapping. One that was there before is told by its name.
func (o *outliner) item(w *Written, path, lead, indent string, first *Field) {
	name := w.find("name")
	if name >= 0 && o.fields[below(path, "name")] == nil {
		o.rows = append(o.rows, Row{lead + "name: " + shown(w.members[name].value), nil, false})
		lead = ""
	}
	o.inside(w, path, indent, lead)
}

func (o *outliner) ifNew(w *Written, first *Field) *Field {
	if w.change == "" && !o.allNew(w) {
		return nil
	}
	return first
}

// allNew says whether all that is in a mapping or list was written: it came with it.
func (o *outliner) allNew(w *Written) bool {
	if w.change != "" {
		return true
	}
	old := func(m *Written) bool { return !o.allNew(m) }
	return len(w.members)+len(w.items) > 0 && !slices.ContainsFunc(w.items, old) &&
		!slices.ContainsFunc(w.members, func(m writtenMember) bool { return old(m.value) })
}

func key(name string) string { return manifest.ScalarText(tree.NewString(name)) }

func shown(w *Written) string {
	v := w.Value()
	if v.Kind() == tree.String {
		v = tree.NewString(tree.Concealed(v.Text()))
	}
	if k := v.Kind(); k == tree.Object || k == tree.Array {
		return string(v.JSON())
	}
	return manifest.ScalarText(v)
}
