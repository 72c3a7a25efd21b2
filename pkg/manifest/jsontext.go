package manifest

import (
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON text into a tree with places. YAML's own reading of JSON
// would refuse surrogate pairs and long keys.
type jsonReader struct {
	text []byte
	pos  int
	// placed is false for values that are not part of a document's text.
	placed bool
}

// readJSON reads one value from the beginning of the text and returns where it ends.
func readJSON(text []byte, placed bool) (*node, int, error) {
	r := &jsonReader{text: text, placed: placed}
	n, err := r.value(0)
	return n, r.pos, err
}

// freshNode reads the value of a patch.
func freshNode(raw json.RawMessage) (*node, error) {
	n, end, err := readJSON(raw, false)
	if err != nil {
		return nil, err
	}
	for _, c := range raw[end:] {
		if !isSpace(c) {
			return nil, fmt.Errorf("text after the JSON value")
		}
	}
	return n, nil
}

type jsonError struct {
	offset  int
	problem string
}

func (e *jsonError) Error() string { return e.problem }

func (r *jsonReader) fail(format string, args ...any) error {
	return &jsonError{offset: r.pos, problem: fmt.Sprintf(format, args...)}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (r *jsonReader) space() {
	for r.pos < len(r.text) && isSpace(r.text[r.pos]) {
		r.pos++
	}
}

func (r *jsonReader) peek() byte {
	if r.pos < len(r.text) {
		return r.text[r.pos]
	}
	return 0
}

func (r *jsonReader) at(pos int) int {
	if !r.placed {
		return -1
	}
	return pos
}

func (r *jsonReader) value(depth int) (*node, error) {
	if depth > 1000 {
		return nil, r.fail("nested too deeply")
	}
	r.space()
	begin := r.pos
	n := &node{start: r.at(begin), body: r.at(begin), flow: r.placed, dirty: !r.placed}
	var err error
	switch c := r.peek(); c {
	case '{':
		n.form = objectForm
		err = r.members(n, depth)
	case '[':
		n.form = arrayForm
		err = r.items(n, depth)
	case '"':
		var s string
		s, err = r.str()
		n.scalar = stringScalar(s)
	default:
		for r.pos < len(r.text) && !isSpace(r.text[r.pos]) && r.text[r.pos] != ',' && r.text[r.pos] != '}' && r.text[r.pos] != ']' {
			r.pos++
		}
		word := r.text[begin:r.pos]
		if !json.Valid(word) {
			r.pos = begin
			return nil, r.fail("no JSON value: %q", clip(string(word)))
		}
		n.scalar = scalar{text: string(word)}
	}
	n.end = r.at(r.pos)
	if r.placed {
		n.source = append(n.source, n.entries...)
	}
	return n, err
}

func (r *jsonReader) members(n *node, depth int) error {
	r.pos++
	seen := map[string]bool{}
	for {
		r.space()
		if r.peek() == '}' && len(n.entries) == 0 {
			break
		}
		begin := r.pos
		if r.peek() != '"' {
			return r.fail("no JSON: want a member's name in double quotes")
		}
		name, err := r.str()
		if err != nil {
			return err
		}
		if seen[name] {
			r.pos = begin
			return r.fail("duplicate key %q", clip(name))
		}
		seen[name] = true
		key := &node{start: r.at(begin), body: r.at(begin), end: r.at(r.pos), scalar: stringScalar(name)}
		if r.space(); r.peek() != ':' {
			return r.fail("no JSON: want a colon after %q", clip(name))
		}
		r.pos++
		e := &entry{at: r.at(begin), after: r.at(r.pos), key: key}
		if e.value, err = r.value(depth + 1); err != nil {
			return err
		}
		if r.placed {
			e.wasKey, e.was = key, e.value
		}
		n.add(e)
		if r.space(); r.peek() != ',' {
			break
		}
		r.pos++
	}
	if r.peek() != '}' {
		return r.fail("no JSON: want a comma or the object's end")
	}
	r.pos++
	return nil
}

func (r *jsonReader) items(n *node, depth int) error {
	r.pos++
	for {
		r.space()
		if r.peek() == ']' && len(n.entries) == 0 {
			break
		}
		e := &entry{at: r.at(r.pos), after: r.at(r.pos)}
		var err error
		if e.value, err = r.value(depth + 1); err != nil {
			return err
		}
		if r.placed {
			e.was = e.value
		}
		n.add(e)
		if r.space(); r.peek() != ',' {
			break
		}
		r.pos++
	}
	if r.peek() != ']' {
		return r.fail("no JSON: want a comma or the array's end")
	}
	r.pos++
	return nil
}

func (r *jsonReader) str() (string, error) {
	r.pos++
	begin := r.pos
	for r.pos < len(r.text) && r.text[r.pos] != '"' && r.text[r.pos] != '\\' && r.text[r.pos] >= ' ' {
		r.pos++
	}
	var b []byte // only strings with escapes need a copy of their own
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			s := r.text[begin:r.pos]
			if b != nil {
				s = b
			}
			r.pos++
			if !utf8.Valid(s) {
				return "", r.fail("text that is not UTF-8")
			}
			return string(s), nil
		case c < ' ':
			return "", r.fail("no JSON: control character in a string")
		case c != '\\':
			b = append(b, c)
			r.pos++
		default:
			if b == nil {
				b = append(make([]byte, 0, 64), r.text[begin:r.pos]...)
			}
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, char)
		}
	}
	return "", r.fail("no JSON: a string without an end")
}

func (r *jsonReader) escape() (rune, error) {
	if r.pos+1 >= len(r.text) {
		return 0, r.fail("no JSON: a string without an end")
	}
	c := r.text[r.pos+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		char := r.hex(r.pos)
		if char < 0 {
			return 0, r.fail("no JSON: bad \\u escape")
		}
		r.pos += 6
		if utf16.IsSurrogate(char) {
			if both := utf16.DecodeRune(char, r.hex(r.pos)); both != utf8.RuneError {
				r.pos += 6
				return both, nil
			}
			return utf8.RuneError, nil
		}
		return char, nil
	default:
		return 0, r.fail("no JSON: unknown escape in a string")
	}
	r.pos += 2
	return rune(c), nil
}

// hex reads \uXXXX at a position, -1 where there is none.
func (r *jsonReader) hex(pos int) rune {
	if pos+6 > len(r.text) || r.text[pos] != '\\' || r.text[pos+1] != 'u' {
		return -1
	}
	var char rune
	for _, c := range r.text[pos+2 : pos+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		char = char<<4 | rune(c)
	}
	return char
}
