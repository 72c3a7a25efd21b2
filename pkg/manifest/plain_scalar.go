package manifest

import (
	"bytes"
	"strings"
)

// valueAt reads a scalar or a collection in flow style that begins on the line of its
// key or dash, in a collection of a column.
func (r *plainReader) valueAt(pos, column int) (n *node, next line, ok bool) {
	n = r.doc.node()
	n.start, n.body = pos, pos
	switch c := r.text[pos]; {
	case c == '"' || c == '\'':
		var value string
		value, n.end, ok = r.quoted(pos)
		n.scalar = stringScalar(value)
	case c == '|':
		return n, r.literal(n, column), n.block
	case c == '{' || c == '[':
		ok = r.flowAt(n)
	case isKeyByte(c) && c != '-', strings.IndexByte("$(+<=~^;", c) >= 0, c == '-' && isKeyByte(r.text[pos+1]):
		n.end, ok = r.plainEnd(pos)
		n.scalar, n.flaw = resolvePlain(r.said(pos, n.end))
		ok = ok && !bytes.Contains(r.text[pos:n.end], []byte("{{"))
	}
	if !ok || !r.restIsBlank(n.end) {
		return nil, next, false
	}
	// A line that is indented deeper would go on with the scalar, or be out of place.
	next = r.line(r.lineBreak(n.end) + 1)
	return n, next, next.end || next.indent <= column
}

// plainEnd is where a plain scalar ends that is on one line.
func (r *plainReader) plainEnd(pos int) (end int, ok bool) {
	text := r.text[pos:r.lineBreak(pos)]
	if i := bytes.Index(text, []byte(" #")); i >= 0 {
		text = text[:i]
	}
	text = bytes.TrimRight(text, " ")
	return pos + len(text), !bytes.Contains(text, []byte(": ")) && !bytes.HasSuffix(text, []byte(":"))
}

// quoted reads a scalar in quotes that is on one line.
func (r *plainReader) quoted(pos int) (value string, end int, ok bool) {
	quote := r.text[pos]
	rest := r.text[pos+1 : r.lineBreak(pos)]
	if quote == '\'' {
		for i := 0; i < len(rest); i++ {
			if rest[i] != quote {
				continue
			}
			if i+1 < len(rest) && rest[i+1] == quote {
				i++
				continue
			}
			return strings.ReplaceAll(r.said(pos+1, pos+1+i), "''", "'"), pos + 1 + i + 1, true
		}
		return "", 0, false
	}
	escaped := false
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			escaped = true
			i++
		case quote:
			end = pos + 1 + i + 1
			value = r.said(pos+1, end-1)
			if !escaped {
				return value, end, true
			}
			if r.glance != nil && !areUsualEscapes(rest[:i]) {
				return "", end, false
			}
			value, ok = unescaped(value)
			return value, end, ok
		}
	}
	return "", 0, false
}

// usualEscapes are what stands for what in double quotes, of what is usual.
var usualEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'n': '\n', 't': '\t', 'r': '\r'}

// unescaped reads the escapes that are usual in double quotes.
func unescaped(text string) (value string, ok bool) {
	var b strings.Builder
	b.Grow(len(text))
	for {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		if after == "" {
			return "", false
		}
		c := usualEscapes[after[0]]
		if c == 0 {
			return "", false
		}
		b.WriteByte(c)
		text = after[1:]
	}
}

// literal reads a literal whose header stands where the node begins, and returns the
// line behind it. It sets block where it could.
func (r *plainReader) literal(n *node, column int) line {
	pos := n.body + 1
	strip := r.text[pos] == '-'
	if strip {
		pos++
	}
	if r.text[pos] != '\n' || pos+1 == len(r.text) {
		return line{}
	}
	first := r.spaces(pos + 1)
	indent := first - (pos + 1)
	if r.text[first] == '\n' || indent <= column { // blank lines above its text, or no text
		return line{}
	}
	var b strings.Builder
	end := pos // of its last line
	breaks := 0
	for start := pos + 1; start < len(r.text); {
		stop := r.lineBreak(start)
		content := min(r.spaces(start), start+indent)
		if content < start+indent && r.text[content] != '\n' {
			break
		}
		if content == stop {
			breaks++
		} else {
			if r.glance == nil {
				for range breaks {
					b.WriteByte('\n')
				}
				b.WriteString(r.source[content:stop])
			}
			end, breaks = stop, 1
		}
		start = stop + 1
	}
	if !strip {
		b.WriteByte('\n')
	}
	n.block, n.end, n.scalar = true, end, stringScalar(b.String())
	next := r.line(end + 1)
	if !next.end && next.indent > column {
		n.block = false // out of place
	}
	return next
}
