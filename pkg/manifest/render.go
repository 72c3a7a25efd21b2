package manifest

import (
	"bytes"
	"cmp"
	"io"
	"slices"
)

// splice replaces the text from start to end.
type splice struct {
	start, end int
	text       []byte
}

// renderer turns what changed in a tree into splices of its text.
type renderer struct {
	d       *document
	text    []byte
	index   lineIndex
	layout  layout
	splices []splice
}

// write writes the document's text as changed.
func (d *document) write(w io.Writer) error {
	if !d.root.dirty {
		_, err := w.Write(d.text[d.begin : len(d.text)-d.lent])
		return err
	}
	r := &renderer{d: d, text: d.text, index: indexLines(d.text), layout: layoutOf(d.root)}
	r.document()
	slices.SortStableFunc(r.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	r.guardKept()
	pos := d.begin
	for _, s := range r.splices {
		if s.start > pos {
			if _, err := w.Write(d.text[pos:s.start]); err != nil {
				return err
			}
		}
		if _, err := w.Write(s.text); err != nil {
			return err
		}
		pos = max(pos, s.end)
	}
	rest := d.text[pos:]
	if d.lent > 0 && !r.endsInNewLines() {
		rest = rest[:max(0, len(rest)-d.lent)]
	}
	_, err := w.Write(rest)
	return err
}

// endsInNewLines tells whether new lines stand at the document's end.
func (r *renderer) endsInNewLines() bool {
	if len(r.splices) == 0 {
		return false
	}
	last := r.splices[len(r.splices)-1]
	return last.end >= len(r.text)-r.d.lent && bytes.IndexByte(last.text, '\n') >= 0
}

func (r *renderer) splice(start, end int, text []byte) {
	r.splices = append(r.splices, splice{start, end, text})
}

func (r *renderer) emitter(pos int) *emitter {
	return &emitter{d: r.d, layout: r.layout, eol: r.eol(pos)}
}

func (r *renderer) document() {
	root := r.d.root
	switch {
	case r.inPlace(root):
		r.change(root)
	case root.flow:
		style := r.flowStyle(root)
		w := r.emitter(root.start)
		r.splice(root.start, root.end, w.flow(nil, root, style, r.margin(root.start)))
	default:
		w := r.emitter(root.start)
		w.quoted = true
		r.splice(root.start, root.end, w.members(nil, root, root.column, !r.leads(root.start)))
	}
}

// inPlace tells whether a collection's text is edited, rather than written anew.
func (r *renderer) inPlace(n *node) bool {
	if !n.inText() || n.odd || (n.form != objectForm && n.form != arrayForm) {
		return false
	}
	for _, e := range n.source {
		if !e.gone {
			return true
		}
	}
	return false
}

func (r *renderer) change(n *node) {
	if n.flow {
		r.changeFlow(n)
	} else {
		r.changeBlock(n)
	}
}
