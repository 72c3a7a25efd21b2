package manifest

import "strings"

// emitter writes values that are not in the text, or not in this form.
type emitter struct {
	d      *document
	layout layout
	eol    string
	// quoted bans literals, where what follows in the text would join them.
	quoted bool
	// openEnd tells whether the last value written was a literal that keeps its
	// trailing line breaks, and so would keep more that follow.
	openEnd bool
}

// verbatim is the text of a value that can be taken over as it stands: on one
// line, with nothing in it changed.
func (w *emitter) verbatim(n *node) []byte {
	if n == nil || !n.inText() || n.dirty || n.block || n.start == n.end {
		return nil
	}
	text := w.d.text[n.start:n.end]
	for i := range text {
		if breakAt(text, i) > 0 {
			return nil
		}
	}
	return text
}

func (w *emitter) key(b []byte, e *entry) []byte {
	if e.key == nil {
		return appendScalar(b, stringScalar(e.label), false)
	}
	if text := w.verbatim(e.key); text != nil {
		b = append(b, text...)
		if e.key.form == aliasForm {
			b = append(b, ' ') // a colon straight behind would belong to the alias
		}
		return b
	}
	if e.key.inText() && e.key.anchor != "" {
		b = append(append(append(b, '&'), e.key.anchor...), ' ')
	}
	if e.merge {
		return append(b, "<<"...)
	}
	return appendScalar(b, stringScalar(e.name()), false)
}

// underKey writes what follows the colon of a member in a block mapping. col is
// the mapping's column.
func (w *emitter) underKey(b []byte, n *node, col int) []byte {
	if n.form == arrayForm && !w.whole(n) {
		return w.items(w.anchor(b, n), n, col+w.layout.items, true)
	}
	if n.form == objectForm && !w.whole(n) {
		return w.members(w.anchor(b, n), n, col+w.layout.step, true)
	}
	return w.leaf(b, n, col+w.layout.step)
}

// afterDash writes what follows the dash of a sequence's item. col is the
// dash's column.
func (w *emitter) afterDash(b []byte, n *node, col int) []byte {
	inner := col + w.layout.dash
	if w.whole(n) {
		return w.leaf(b, n, inner)
	}
	newline := n.anchor != "" && n.inText()
	if newline {
		b = w.anchor(b, n)
	} else {
		b = append(b, spaces(w.layout.dash-1)...)
	}
	if n.form == arrayForm {
		return w.items(b, n, inner, newline)
	}
	return w.members(b, n, inner, newline)
}

// whole tells whether a value is written on the line of its key or dash.
func (w *emitter) whole(n *node) bool {
	return n.form == scalarForm || n.form == aliasForm || len(n.entries) == 0 || w.verbatim(n) != nil && n.flow
}

func (w *emitter) anchor(b []byte, n *node) []byte {
	if n.inText() && n.anchor != "" {
		b = append(append(b, " &"...), n.anchor...)
	}
	return b
}

// members writes a block mapping; with newline its first member begins a line.
func (w *emitter) members(b []byte, n *node, col int, newline bool) []byte {
	for i, e := range n.entries {
		if i > 0 || newline {
			b = append(append(b, w.eol...), spaces(col)...)
		}
		b = w.member(b, e, col)
	}
	return b
}

func (w *emitter) member(b []byte, e *entry, col int) []byte {
	return w.underKey(append(w.key(b, e), ':'), e.value, col)
}

func (w *emitter) items(b []byte, n *node, col int, newline bool) []byte {
	for i, e := range n.entries {
		if i > 0 || newline {
			b = append(append(b, w.eol...), spaces(col)...)
		}
		b = w.item(b, e, col)
	}
	return b
}

func (w *emitter) item(b []byte, e *entry, col int) []byte {
	return w.afterDash(append(b, '-'), e.value, col)
}

// leaf writes a value that has no block collection in it. col is where the
// lines of a literal begin.
func (w *emitter) leaf(b []byte, n *node, col int) []byte {
	w.openEnd = false
	if text := w.verbatim(n); text != nil {
		return append(append(b, ' '), text...)
	}
	b = w.anchor(b, n)
	switch {
	case n.form == aliasForm:
		return append(append(b, " *"...), n.target.anchor...)
	case n.form == objectForm:
		return append(b, " {}"...)
	case n.form == arrayForm:
		return append(b, " []"...)
	case n.scalar.isString && !w.quoted && fitsLiteral(n.scalar.text):
		return w.literal(b, n.scalar.text, col)
	}
	return appendScalar(append(b, ' '), n.scalar, false)
}

func (w *emitter) literal(b []byte, s string, col int) []byte {
	content := strings.TrimRight(s, "\n")
	b = append(b, " |"...)
	switch len(s) - len(content) {
	case 0:
		b = append(b, '-')
	case 1:
	default:
		b = append(b, '+')
		content = s[:len(s)-1]
		w.openEnd = true
	}
	for line := range strings.SplitSeq(content, "\n") {
		b = append(b, w.eol...)
		if line != "" {
			b = append(append(b, spaces(col)...), line...)
		}
	}
	return b
}
