package manifest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// layout is the manner in which a document is written.
type layout struct {
	step  int // from a mapping to the mapping in it
	items int // from a mapping to the dashes of a sequence in it
	dash  int // from a dash to the item's members
}

// layoutOf finds the manner most values of a document are written in.
func layoutOf(root *node) layout {
	const most = 9
	var steps, items, dashes [most]int
	count := func(list *[most]int, width int) {
		if width >= 0 && width < most {
			list[width]++
		}
	}
	var walk func(n *node)
	walk = func(n *node) {
		if n.flow || n.odd {
			return
		}
		for _, e := range n.source {
			v := e.was
			if v.flow || v.form == scalarForm || v.form == aliasForm || !v.inText() {
				continue
			}
			switch {
			case n.form == arrayForm:
				if v.column > n.column+1 {
					count(&dashes, v.column-n.column)
				}
			case v.form == arrayForm:
				count(&items, v.column-n.column)
			case v.column > n.column:
				count(&steps, v.column-n.column)
			}
			walk(v)
		}
	}
	walk(root)
	usual := func(list [most]int, otherwise int) int {
		best := otherwise
		for width, n := range list {
			if n > list[best] {
				best = width
			}
		}
		return best
	}
	return layout{step: usual(steps, 2), items: usual(items, 0), dash: usual(dashes, 2)}
}

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

// flowStyle is the manner of a collection in flow style.
type flowStyle struct {
	json bool   // strings and keys always in double quotes
	gap  string // behind commas and colons
	// unit is one step of indentation where values span lines, else empty.
	unit string
}

// flow writes a value in flow style. margin is the indentation of the line it begins on.
func (w *emitter) flow(b []byte, n *node, style flowStyle, margin string) []byte {
	if n.inText() && !n.dirty && n.start < n.end && !n.block && !(n.form != scalarForm && !n.flow && n.form != aliasForm) {
		return append(b, w.d.text[n.start:n.end]...)
	}
	if n.inText() && n.anchor != "" {
		b = append(append(append(b, '&'), n.anchor...), ' ')
	}
	switch n.form {
	case aliasForm:
		return append(append(b, '*'), n.target.anchor...)
	case scalarForm:
		return w.flowScalar(b, n.scalar, style)
	}
	opening, closing := byte('{'), byte('}')
	if n.form == arrayForm {
		opening, closing = '[', ']'
	}
	b = append(b, opening)
	for i, e := range n.entries {
		if i > 0 {
			b = append(b, ',')
		}
		if style.unit != "" {
			b = append(append(append(b, w.eol...), margin...), style.unit...)
		} else if i > 0 {
			b = append(b, style.gap...)
		}
		b = w.flowEntry(b, e, style, margin+style.unit)
	}
	if style.unit != "" && len(n.entries) > 0 {
		b = append(append(b, w.eol...), margin...)
	}
	return append(b, closing)
}

func (w *emitter) flowEntry(b []byte, e *entry, style flowStyle, margin string) []byte {
	if e.in.form == objectForm {
		switch text := w.verbatim(e.key); {
		case e.key == nil:
			b = w.flowScalar(b, stringScalar(e.label), style)
		case text != nil:
			b = append(b, text...)
			if e.key.form == aliasForm {
				b = append(b, ' ')
			}
		case e.merge:
			b = append(b, "<<"...)
		default:
			if e.key.inText() && e.key.anchor != "" {
				b = append(append(append(b, '&'), e.key.anchor...), ' ')
			}
			b = w.flowScalar(b, stringScalar(e.name()), style)
		}
		b = append(append(b, ':'), style.gap...)
	}
	return w.flow(b, e.value, style, margin)
}

func (w *emitter) flowScalar(b []byte, s scalar, style flowStyle) []byte {
	if style.json && s.isString {
		return appendQuoted(b, s.text)
	}
	return appendScalar(b, s, true)
}

const blanks = "                                                                "

func spaces(n int) string {
	if n <= len(blanks) {
		return blanks[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}

// appendScalar writes a scalar on one line, plain where every reader of YAML,
// 1.1 or 1.2, takes it for the same.
func appendScalar(b []byte, s scalar, inFlow bool) []byte {
	switch {
	case !s.isString || isPlain(s.text, inFlow):
		return append(b, s.text...)
	case strings.ContainsAny(s.text, `"\`) && printable(s.text, false):
		b = append(b, '\'')
		b = append(b, strings.ReplaceAll(s.text, "'", "''")...)
		return append(b, '\'')
	}
	return appendQuoted(b, s.text)
}

// appendQuoted writes a string in double quotes, in the escapes that JSON and
// YAML share.
func appendQuoted(b []byte, s string) []byte {
	begin := len(b)
	b = appendJSONString(b, s)
	if printable(s, true) {
		return b
	}
	rest := bytes.Clone(b[begin:])
	b = b[:begin]
	const hex = "0123456789abcdef"
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		if isPrintable(r) || r > 0xFFFF {
			b = append(b, rest[:size]...)
		} else {
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		rest = rest[size:]
	}
	return b
}

// isPrintable tells the characters that YAML allows in a text as they are, and
// that are no line breaks.
func isPrintable(r rune) bool {
	switch {
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}

// printable tells whether all of a string is; control characters that JSON
// escapes count as printable with escaped.
func printable(s string, escaped bool) bool {
	for _, r := range s {
		if !isPrintable(r) && (!escaped || r >= ' ') {
			return false
		}
	}
	return true
}

// fitsLiteral tells whether a literal block gives a string back exactly, and is
// what a person would want for it.
func fitsLiteral(s string) bool {
	if !strings.Contains(s, "\n") || strings.IndexByte(" \t\n", s[0]) >= 0 {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" {
			return false
		}
		for _, r := range line {
			if !isPrintable(r) && r != '\t' {
				return false
			}
		}
	}
	return true
}

// numberForm is anything that some version of YAML may take for a number or a
// point in time.
var numberForm = regexp.MustCompile(`^(?:` +
	`[-+]?0[xX][0-9a-fA-F_]*|[-+]?0[oO][0-7_]*|[-+]?0[bB][01_]*|` +
	`[-+]?[0-9_][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]*)?|` +
	`[-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?|` +
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?|` +
	`[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`)$`)

// isNumberLike tells whether a string is of numberForm. Most are told without
// it: ports have but digits, and quantities, flags and paths some other letter.
func isNumberLike(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte("abcdefABCDEFxXoOtTnNiI_+-.,: \t", c) < 0:
			// Behind a date's time anything may follow.
			return len(s) >= len("2006-1-2") && s[4] == '-' && numberForm.MatchString(s)
		}
	}
	return digits == len(s) || numberForm.MatchString(s)
}

// isPlain tells whether a string may stand without quotes.
func isPlain(s string, inFlow bool) bool {
	if s == "" || s == "<<" || s == "=" || s == "---" || s == "..." {
		return false
	}
	if _, word := words[s]; word {
		return false
	}
	switch c := s[0]; {
	case c == '-' || c == '?' || c == ':':
		if len(s) == 1 || s[1] == ' ' || inFlow {
			return false
		}
		if c == '-' && isNumberLike(s) {
			return false
		}
	case strings.IndexByte(" ,[]{}#&*!|>'\"%@`", c) >= 0:
		return false
	case c == '+' || c == '.' || c == '_' || (c >= '0' && c <= '9'):
		if isNumberLike(s) {
			return false
		}
	}
	if last := s[len(s)-1]; last == ' ' || last == ':' {
		return false
	}
	if strings.Contains(s, ": ") || strings.Contains(s, " #") || !printable(s, false) {
		return false
	}
	return !inFlow || !strings.ContainsAny(s, ",[]{}:?")
}
