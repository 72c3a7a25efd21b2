package manifest

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
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
	layout  layout
	splices []splice
	// appended is set when lines go behind a text that ends without a break.
	appended bool
}

// write writes the document's text as changed.
func (d *document) write(w io.Writer) error {
	if !d.root.dirty {
		_, err := w.Write(d.text)
		return err
	}
	r := &renderer{d: d, text: d.text, layout: layoutOf(d.root)}
	r.document()
	r.closeTail()
	slices.SortStableFunc(r.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	r.guardKept()
	pos := 0
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
	_, err := w.Write(d.text[pos:])
	return err
}

func (r *renderer) splice(start, end int, text []byte) {
	r.splices = append(r.splices, splice{start, end, text})
}

func (r *renderer) emitter(pos int) *emitter {
	return &emitter{d: r.d, layout: r.layout, eol: r.eol(pos)}
}

// eol is the line break in use above a position, or else below it.
func (r *renderer) eol(pos int) string {
	i := bytes.LastIndexByte(r.text[:pos], '\n')
	if i < 0 {
		i = bytes.IndexByte(r.text, '\n')
	}
	if i > 0 && r.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart is where the line of a position begins.
func (r *renderer) lineStart(pos int) int {
	for i := pos - 1; i >= 0; i-- {
		if width := breakAt(r.text, i); width > 0 && i+width <= pos {
			return i + width
		}
	}
	if bytes.HasPrefix(r.text, byteOrderMark) && pos >= len(byteOrderMark) {
		return len(byteOrderMark)
	}
	return 0
}

// lineEnd is where the line of a position ends, its break not included.
func (r *renderer) lineEnd(pos int) int {
	for pos < len(r.text) && breakAt(r.text, pos) == 0 {
		pos++
	}
	return pos
}

// nextLine is where the line below the one of a position begins, or the text's end.
func (r *renderer) nextLine(pos int) int {
	pos = r.lineEnd(pos)
	if pos < len(r.text) {
		pos += breakAt(r.text, pos)
	}
	return pos
}

// lineAt tells what the line that begins at a position holds: its indentation,
// and whether it is blank or a comment.
func (r *renderer) lineAt(pos int) (indent int, blank, comment bool) {
	i := pos
	for i < len(r.text) && r.text[i] == ' ' {
		i++
	}
	indent = i - pos
	for i < len(r.text) && (r.text[i] == ' ' || r.text[i] == '\t') {
		i++
	}
	if i == len(r.text) || breakAt(r.text, i) > 0 {
		return i - pos, true, false
	}
	return indent, false, r.text[i] == '#'
}

// below is where text goes that follows an entry ending at a position in a
// collection of a column: under the comments that are indented deeper than what
// follows.
func (r *renderer) below(end, column int) int {
	pos := r.nextLine(end)
	follows := 0
	for i := pos; i < len(r.text); i = r.nextLine(i) {
		indent, blank, comment := r.lineAt(i)
		if !blank && !comment {
			follows = indent
			break
		}
	}
	for pos < len(r.text) {
		indent, _, comment := r.lineAt(pos)
		if !comment || indent < column || indent <= follows {
			break
		}
		pos = r.nextLine(pos)
	}
	return pos
}

// joins tells whether the lines at a position would become part of a literal
// written above them, in a collection of a column.
func (r *renderer) joins(pos, column int) bool {
	for ; pos < len(r.text); pos = r.nextLine(pos) {
		indent, blank, comment := r.lineAt(pos)
		if !blank {
			return comment && indent > column
		}
		if indent > column {
			return true
		}
	}
	return !r.endsInBreak()
}

func (r *renderer) endsInBreak() bool {
	end := len(r.text)
	return end == 0 || r.text[end-1] == '\n' || r.text[end-1] == '\r'
}

// emitAbove writes with literals where what stands at pos allows.
func (r *renderer) emitAbove(pos, column int, write func(w *emitter, b []byte) []byte) []byte {
	w := r.emitter(pos)
	w.quoted = r.joins(pos, column)
	b := write(w, nil)
	if w.openEnd { // a removal may leave blank lines below
		w.quoted = true
		b = write(w, nil)
	}
	return b
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

// guardKept takes out the blank lines that a removal would leave below a literal
// that keeps its trailing line breaks: they would become part of it. The splices
// are in order.
func (r *renderer) guardKept() {
	open := -1 // where such a literal's text ends, removals included
	for i := range r.splices {
		s := &r.splices[i]
		if len(s.text) > 0 || (s.start != open && !r.d.keeps[s.start]) {
			continue
		}
		for s.end < len(r.text) {
			if _, blank, _ := r.lineAt(s.end); !blank {
				break
			}
			s.end = r.nextLine(s.end)
		}
		open = s.end
	}
}

// commentsAbove is where the comment block begins that stands straight above a
// line, in a column.
func (r *renderer) commentsAbove(start, column int) int {
	for start > 0 {
		above := r.lineStart(start - 1)
		if above >= start {
			break
		}
		if indent, _, comment := r.lineAt(above); !comment || indent != column {
			break
		}
		start = above
	}
	return start
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
	if pos == len(r.text) && !r.endsInBreak() {
		b := r.emitAbove(pos, n.column, func(w *emitter, b []byte) []byte {
			return r.lines(w, append(append(b, w.eol...), spaces(n.column)...), n, fresh)
		})
		r.splice(pos, pos, b)
		r.appended = true
		return
	}
	b := r.emitAbove(pos, n.column, func(w *emitter, b []byte) []byte {
		return append(r.lines(w, append(b, spaces(n.column)...), n, fresh), w.eol...)
	})
	r.splice(pos, pos, b)
}

// closeTail keeps the value of a literal that the end of the text cut short of
// its last line break, now that lines follow it.
func (r *renderer) closeTail() {
	tail := r.d.tail
	if tail == nil || !r.appended {
		return
	}
	for _, s := range r.splices {
		if s.start <= tail.body && s.end > tail.body {
			return // it is gone
		}
	}
	header := r.text[tail.body:r.lineEnd(tail.body)]
	if i := bytes.IndexByte(header, '#'); i >= 0 {
		header = header[:i]
	}
	if i := bytes.IndexByte(header, '+'); i >= 0 {
		r.splice(tail.body+i, tail.body+i+1, []byte("-"))
		return
	}
	r.splice(tail.body, tail.body+1, []byte{r.text[tail.body], '-'})
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
		head, body = b[:i], b[i:]
	}
	switch {
	case old.start == old.end:
		r.splice(e.after, e.after, head)
		r.spliceBody(r.lineEnd(e.after), r.lineEnd(e.after), body)
	case old.start <= r.lineEnd(e.after):
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

// margin is the white space that the line of a position begins with.
func (r *renderer) margin(pos int) string {
	start := r.lineStart(pos)
	end := start
	for end < pos && (r.text[end] == ' ' || r.text[end] == '\t') {
		end++
	}
	return string(r.text[start:end])
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
	if root := r.d.root; root.flow && len(root.source) > 0 && r.leads(root.source[0].at) {
		if unit := r.margin(root.source[0].at); unit != "" {
			style.unit = unit
		}
	}
	return style
}

// leads tells whether only white space stands left of a position on its line.
func (r *renderer) leads(pos int) bool {
	return len(r.margin(pos)) == pos-r.lineStart(pos)
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
