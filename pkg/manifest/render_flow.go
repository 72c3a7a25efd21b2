package manifest

import (
	"bytes"
	"strings"
)

// staysFlow tells whether a flow collection in a block collection is changed in
// place: it spans lines, or what is new is short.
func (r *renderer) staysFlow(n *node) bool {
	if bytes.IndexByte(r.text[n.start:n.end], '\n') >= 0 {
		return true
	}
	if !small(n) {
		return false
	}
	const widest = 100
	w := r.emitter(n.start)
	b := w.flow(nil, n, r.flowStyle(n), "")
	return n.start-r.lineStart(n.start)+len(b) <= widest
}

// small tells whether all that is new in a flow collection are scalars of one line.
func small(n *node) bool {
	if !n.dirty {
		return true
	}
	if !n.inText() && len(n.entries) > 0 {
		return false
	}
	if n.form == scalarForm {
		return !n.scalar.isString || !strings.Contains(n.scalar.text, "\n")
	}
	for _, e := range n.entries {
		if !small(e.value) {
			return false
		}
	}
	return true
}

// flowStyle finds the manner of a flow collection from its own text, or else
// from the document's.
func (r *renderer) flowStyle(n *node) flowStyle {
	style := flowStyle{json: r.d.json, gap: " "}
	text := r.text[n.start:n.end]
	multiline := bytes.IndexByte(text, '\n') >= 0
	like := n
	if len(n.source) == 0 && r.d.root.flow {
		like = r.d.root
		multiline = bytes.IndexByte(r.text[like.start:like.end], '\n') >= 0
	}
	for _, e := range like.source {
		if e.at < len(r.text) && r.text[e.at] == '"' {
			style.json = true
		}
	}
	if r.d.json && !isSpace(r.text[r.d.root.source[0].after]) {
		style.gap = ""
	}
	if !multiline {
		return style
	}
	style.unit = spaces(r.layout.step)
	if r.d.unit != "" {
		style.unit = r.d.unit
		return style
	}
	if root := r.d.root; root.flow && len(root.source) > 0 && r.leads(root.source[0].at) {
		if unit := r.margin(root.source[0].at); unit != "" {
			style.unit = unit
		}
	}
	return style
}

// changeFlow edits the text of a flow collection.
func (r *renderer) changeFlow(n *node) {
	style := r.flowStyle(n)
	w := r.emitter(n.start)
	var last *entry // the last entry so far that stays
	for i := 0; i < len(n.source); i++ {
		e := n.source[i]
		if !e.gone {
			r.changeFlowEntry(w, e, style)
			last = e
			continue
		}
		begin := i
		for i+1 < len(n.source) && n.source[i+1].gone {
			i++
		}
		if i+1 < len(n.source) {
			r.splice(n.source[begin].at, n.source[i+1].at, nil)
		} else {
			r.splice(last.end(), n.source[i].end(), nil)
		}
	}
	for i := 0; i < len(n.entries); {
		if n.entries[i].at >= 0 {
			i++
			continue
		}
		begin := i
		for i < len(n.entries) && n.entries[i].at < 0 {
			i++
		}
		beside := n.entries[i%len(n.entries)]
		if begin > 0 {
			beside = n.entries[begin-1]
		}
		gap, margin := r.between(n, beside, style)
		var b []byte
		for _, e := range n.entries[begin:i] {
			if begin > 0 {
				b = append(append(b, ','), gap...)
				b = w.flowEntry(b, e, style, margin)
			} else {
				b = w.flowEntry(b, e, style, margin)
				b = append(append(b, ','), gap...)
			}
		}
		pos := beside.at
		if begin > 0 {
			pos = beside.end()
		}
		r.splice(pos, pos, b)
	}
}

// between is what separates the entries of a flow collection behind the comma,
// and the indentation of a line that an entry begins.
func (r *renderer) between(n *node, beside *entry, style flowStyle) (gap, margin string) {
	margin = r.margin(beside.at)
	if r.leads(beside.at) && style.unit != "" {
		return r.eol(beside.at) + margin, margin
	}
	if len(n.source) > 1 && r.d.json {
		if first := n.source[0].end(); !isSpace(r.text[min(first+1, len(r.text)-1)]) {
			return "", margin
		}
		return " ", margin
	}
	return style.gap, margin
}

func (r *renderer) changeFlowEntry(w *emitter, e *entry, style flowStyle) {
	if e.key != e.wasKey {
		r.splice(e.wasKey.start, e.wasKey.end, w.flowScalar(nil, e.key.scalar, style))
	}
	switch {
	case e.value == e.was && !e.value.dirty:
	case e.value == e.was && r.inPlace(e.value):
		r.change(e.value)
	default:
		b := w.flow(nil, e.value, style, r.margin(e.at))
		switch {
		case e.after < 0:
			r.splice(e.end(), e.end(), append([]byte(": "), b...))
		case e.was.start == e.was.end:
			r.splice(e.after, e.after, append([]byte(" "), b...))
		default:
			r.splice(e.was.start, e.was.end, b)
		}
	}
}
