package manifest

import (
	"bytes"
	"slices"
)

func (r *renderer) changeBlock(n *node) {
	pulled := r.cutGone(n)
	// What is in the entries comes before what is new behind them: both may go
	// to the same place.
	for _, e := range n.source {
		if e.gone {
			continue
		}
		if e.key != e.wasKey {
			r.splice(e.wasKey.start, e.wasKey.end, appendScalar(nil, e.key.scalar, false))
		}
		switch {
		case !e.value.dirty && e.value == e.was:
		case e.value != e.was:
			r.replace(e)
		case !r.inPlace(e.value) || (e.value.flow && !r.staysFlow(e.value)):
			r.replace(e)
		default:
			r.change(e.value)
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
		fresh := n.entries[begin:i]
		if begin > 0 {
			r.insertBelow(n, n.entries[begin-1], fresh)
		} else {
			r.insertAbove(n, n.entries[i], fresh, pulled)
		}
	}
}

// cutGone takes out the removed entries of a block collection. pulled is set
// where the first entry that stays now stands behind the dash that the
// collection begins at.
func (r *renderer) cutGone(n *node) (pulled bool) {
	for i, e := range n.source {
		if !e.gone {
			continue
		}
		if i > 0 || r.leads(e.at) {
			start, end := r.extent(n, e)
			r.splice(start, end, nil)
			continue
		}
		stays := slices.IndexFunc(n.source, func(e *entry) bool { return !e.gone })
		next := n.source[stays]
		if bytes.IndexByte(r.text[min(r.nextLine(n.source[stays-1].end()), next.at):next.at], '#') < 0 {
			r.splice(e.at, next.at, nil)
			return r.cutRest(n, stays)
		}
		// A comment that stays stands between: the dash gets a line of its own.
		start := e.at
		for start > 0 && r.text[start-1] == ' ' {
			start--
		}
		r.splice(start, r.lineEnd(e.end()), nil)
	}
	return false
}

func (r *renderer) cutRest(n *node, from int) bool {
	for _, e := range n.source[from:] {
		if e.gone {
			start, end := r.extent(n, e)
			r.splice(start, end, nil)
		}
	}
	return true
}

// extent are the lines that go with a removed entry of a block collection.
func (r *renderer) extent(n *node, e *entry) (start, end int) {
	end = r.nextLine(e.end())
	for pos := end; pos < len(r.text); {
		indent, blank, comment := r.lineAt(pos)
		if !blank && !comment {
			break
		}
		pos = r.nextLine(pos)
		if indent > n.column {
			end = pos
		}
	}
	start = r.lineStart(e.at)
	above := r.commentsAbove(start, n.column)
	if above < start && end < len(r.text) {
		if indent, blank, comment := r.lineAt(end); !blank && !comment && indent == n.column {
			above = start
		}
	}
	return above, end
}

func (r *renderer) lines(w *emitter, b []byte, n *node, fresh []*entry) []byte {
	for i, e := range fresh {
		if i > 0 {
			b = append(append(b, w.eol...), spaces(n.column)...)
		}
		if n.form == objectForm {
			b = w.member(b, e, n.column)
		} else {
			w.layout.dash = r.dashWidth(n)
			b = w.item(b, e, n.column)
		}
	}
	return b
}

// dashWidth is the distance from dash to item in a sequence.
func (r *renderer) dashWidth(n *node) int {
	for _, e := range n.source {
		if v := e.was; v.form == objectForm && !v.flow && !v.odd && v.anchor == "" && r.lineStart(v.start) == r.lineStart(e.at) {
			return v.column - n.column
		}
	}
	return r.layout.dash
}

func (r *renderer) insertBelow(n *node, last *entry, fresh []*entry) {
	pos := r.below(last.end(), n.column)
	b := r.emitAbove(pos, n.column, func(w *emitter, b []byte) []byte {
		return append(r.lines(w, append(b, spaces(n.column)...), n, fresh), w.eol...)
	})
	r.splice(pos, pos, b)
}

func (r *renderer) insertAbove(n *node, next *entry, fresh []*entry, pulled bool) {
	w := r.emitter(next.at)
	if pulled || !r.leads(next.at) {
		b := r.lines(w, nil, n, fresh)
		r.splice(next.at, next.at, append(append(b, w.eol...), spaces(n.column)...))
		return
	}
	pos := r.commentsAbove(r.lineStart(next.at), n.column)
	b := r.lines(w, []byte(spaces(n.column)), n, fresh)
	r.splice(pos, pos, append(b, w.eol...))
}

// replace writes the value of an entry of a block collection anew.
func (r *renderer) replace(e *entry) {
	old, n := e.was, e.in
	b := r.emitAbove(r.nextLine(e.end()), n.column, func(w *emitter, b []byte) []byte {
		if n.form == objectForm {
			return w.underKey(b, e.value, n.column)
		}
		w.layout.dash = r.dashWidth(n)
		return w.afterDash(b, e.value, n.column)
	})
	// The first line goes where the value begins, the others below it.
	eol := r.eol(r.nextLine(e.end()))
	head, body := b, []byte(nil)
	if i := bytes.Index(b, []byte(eol)); i >= 0 {
		head, body = b[:i:i], b[i:]
	}
	switch {
	case old.start == old.end:
		r.splice(e.after, e.after, head)
		r.spliceBody(r.lineEnd(e.after), r.lineEnd(e.after), body)
	case old.start <= r.lineEnd(e.after):
		if old.end < len(r.text) && r.text[old.end] == '#' {
			head = append(head, ' ') // a comment may touch a bracket, and nothing else
		}
		if len(body) > 0 {
			// The lines below are aligned with what stands behind the dash.
			r.splice(e.after, old.end, head)
		} else {
			r.splice(old.start, old.end, bytes.TrimLeft(head, " "))
		}
		r.spliceBody(r.lineEnd(old.end), r.lineEnd(old.end), body)
	default:
		r.splice(e.after, e.after, head)
		r.spliceBody(r.lineEnd(e.after), r.lineEnd(old.end), body)
	}
}

func (r *renderer) spliceBody(start, end int, body []byte) {
	if start < end || len(body) > 0 {
		r.splice(start, end, body)
	}
}
