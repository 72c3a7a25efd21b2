package manifest

import (
	"bytes"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// plainReader reads YAML as most of it is written straight into a placed tree: block
// style, with scalars and flow style on their lines, and literals. It is many times as fast as the
// parser, and gives up at whatever is not that plain, so that the parser reads all
// that is broken or rare. What it reads it reads as the parser does, with the places
// that placer finds.
type plainReader struct {
	placer
	// source is the text again: what scalars say are parts of it.
	source string
	depth  int
	// glance is set where nothing is kept of what has been read.
	glance *glance
}

// deepest is how deep what is read without the parser may be nested.
const deepest = 200

// line is a line that has something on it, comments apart.
type line struct {
	start, indent int
	// end is set in place of them where no line is left.
	end bool
}

// content is where the line's first character is that is no space.
func (l line) content() int { return l.start + l.indent }

// readPlain reads a text that ends in a line break. It returns nil where it is not plain.
func readPlain(text []byte, a *arena) *document {
	if !isPlainText(text) {
		return nil
	}
	r := &plainReader{source: sourceOf(text)}
	r.text = text
	r.doc = &document{text: text, arena: a}
	if r.doc.root = r.root(); r.doc.root == nil {
		return nil
	}
	r.doc.head = r.doc.headOf(r.doc.root)
	return r.doc
}

// root reads all of the text. It returns nil where that is not plain.
func (r *plainReader) root() *node {
	first := r.line(0)
	if !first.end && first.indent == 0 && r.isMarker(first.start) {
		if r.text[first.start] != '-' || !r.restIsBlank(first.start+len("---")) {
			return nil
		}
		first = r.line(r.lineBreak(first.start) + 1)
	}
	if first.end {
		return nil
	}
	read := r.mapping
	if r.isDash(first.content()) {
		read = r.sequence
	}
	root, next, ok := read(first, first.content())
	if !ok || !next.end {
		return nil
	}
	return root
}

// said is a part of the text as a string.
func (r *plainReader) said(start, end int) string {
	if r.glance != nil && end-start > longScalar {
		return ""
	}
	return r.source[start:end]
}

// sourceOf is a text as a string. It is not copied: nobody changes the text of a document.
func sourceOf(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// isPlainText tells a text without tabs and the characters that YAML bans or breaks
// lines at, line feeds apart, and that a line break ends.
func isPlainText(text []byte) bool {
	if len(text) == 0 || text[len(text)-1] != '\n' {
		return false
	}
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' || c == 0x7F {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError || !isPrintable(r) {
			return false
		}
		i += size
	}
	return true
}

// line finds the next line that has something on it, from the beginning of one.
func (r *plainReader) line(start int) line {
	for start < len(r.text) {
		pos := r.spaces(start)
		if c := r.text[pos]; c != '\n' && c != '#' {
			return line{start: start, indent: pos - start}
		}
		start = r.lineBreak(pos) + 1
	}
	return line{end: true}
}

// lineBreak is where the line of a position ends.
func (r *plainReader) lineBreak(pos int) int {
	return pos + bytes.IndexByte(r.text[pos:], '\n')
}

// spaces is where those end that stand at a position.
func (r *plainReader) spaces(pos int) int {
	for r.text[pos] == ' ' {
		pos++
	}
	return pos
}

// restIsBlank tells whether but a comment follows a value that ends at a position.
func (r *plainReader) restIsBlank(pos int) bool {
	after := r.spaces(pos)
	return r.text[after] == '\n' || after > pos && r.text[after] == '#'
}

func (r *plainReader) isMarker(start int) bool { return marker(r.text[start:]) != 0 }

// isDash tells the beginning of a sequence's item.
func (r *plainReader) isDash(pos int) bool {
	return r.text[pos] == '-' && (r.text[pos+1] == ' ' || r.text[pos+1] == '\n')
}

// mapping reads a block mapping whose first key stands at a position of a line. It
// returns the line behind it.
func (r *plainReader) mapping(at line, pos int) (n *node, next line, ok bool) {
	if r.depth++; r.depth > deepest {
		return nil, at, false
	}
	defer func() { r.depth-- }()
	n = r.doc.node()
	n.form, n.start, n.body, n.column = objectForm, pos, pos, pos-at.start
	seen := names{hashed: r.glance != nil}
	for {
		name, colon, ok := r.key(pos)
		if !ok {
			return nil, at, false
		}
		mark := r.doc.mark()
		key := r.doc.node()
		key.start, key.body, key.end, key.scalar = pos, pos, colon, name
		e := r.doc.entry()
		e.at, e.key, e.wasKey, e.after = pos, key, key, colon+1
		if !seen.add(e.name()) {
			return nil, at, false
		}
		if e.value, next, ok = r.under(at, e.after, n.column); !ok {
			return nil, at, false
		}
		r.complete(n, e, mark)
		if next.end || next.indent < n.column {
			break
		}
		if at, pos = next, next.content(); next.indent > n.column {
			return nil, at, false
		}
	}
	n.placed()
	return n, next, true
}

// complete ends an entry of a collection, which a glance forgets unless it has a use for it.
func (r *plainReader) complete(n *node, e *entry, before mark) {
	e.was = e.value
	n.end = e.end()
	if r.glance == nil || r.glance.keeps(e, r.depth) {
		n.add(e)
	} else {
		r.doc.backTo(before)
	}
}

// under reads the value of a member, behind its colon, in a mapping of a column.
func (r *plainReader) under(at line, after, column int) (n *node, next line, ok bool) {
	pos := r.spaces(after)
	if r.text[pos] != '\n' && (r.text[pos] != '#' || pos == after) {
		return r.valueAt(pos, column)
	}
	next = r.line(r.lineBreak(pos) + 1)
	switch {
	case next.end || next.indent < column:
		return r.empty(after), next, true
	case r.isDash(next.content()):
		return r.sequence(next, next.content())
	case next.indent == column:
		return r.empty(after), next, true
	default:
		return r.mapping(next, next.content())
	}
}

// sequence reads a block sequence whose first dash stands at a position of a line.
func (r *plainReader) sequence(at line, pos int) (n *node, next line, ok bool) {
	if r.depth++; r.depth > deepest {
		return nil, at, false
	}
	defer func() { r.depth-- }()
	n = r.doc.node()
	n.form, n.start, n.body, n.column = arrayForm, pos, pos, pos-at.start
	for {
		mark := r.doc.mark()
		e := r.doc.entry()
		e.at, e.after = pos, pos+1
		if e.value, next, ok = r.item(at, e.after, n.column); !ok {
			return nil, at, false
		}
		r.complete(n, e, mark)
		if next.end || next.indent < n.column || next.indent == n.column && !r.isDash(next.content()) {
			break
		}
		if at, pos = next, next.content(); next.indent > n.column {
			return nil, at, false
		}
	}
	n.placed()
	return n, next, true
}

// item reads what stands behind the dash of a sequence of a column.
func (r *plainReader) item(at line, after, column int) (n *node, next line, ok bool) {
	pos := r.spaces(after)
	switch {
	case r.text[pos] == '\n' || r.text[pos] == '#':
		next = r.line(r.lineBreak(pos) + 1)
		if next.end || next.indent <= column {
			return r.empty(after), next, true
		}
		if r.isDash(next.content()) {
			return r.sequence(next, next.content())
		}
		return r.mapping(next, next.content())
	case r.isDash(pos):
		return r.sequence(at, pos)
	}
	if _, _, isKey := r.key(pos); isKey {
		return r.mapping(at, pos)
	}
	return r.valueAt(pos, column)
}

// empty is the value of an entry that has none.
func (r *plainReader) empty(after int) *node {
	n := r.doc.node()
	n.start, n.body, n.end, n.scalar = after, after, after, null
	return n
}

// key is what the key at a position says, and where it ends: at its colon.
func (r *plainReader) key(pos int) (s scalar, end int, ok bool) {
	const longestKey = 200
	end = pos
	if c := r.text[pos]; c == '"' || c == '\'' {
		var value string
		if value, end, ok = r.quoted(pos); !ok {
			return s, end, false
		}
		s = stringScalar(value)
	} else {
		for isKeyByte(r.text[end]) && (end > pos || r.text[end] != '-') {
			end++
		}
	}
	if end == pos || end-pos > longestKey || r.text[end] != ':' || r.text[end+1] != ' ' && r.text[end+1] != '\n' {
		return s, end, false
	}
	if !ok {
		var err error
		s, err = resolvePlain(r.said(pos, end))
		return s, end, err == nil
	}
	return s, end, true
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_./", c) >= 0
}
