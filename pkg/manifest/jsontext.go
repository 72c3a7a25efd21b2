package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonReader reads JSON text into a tree with places. YAML's own reading of JSON
// would refuse surrogate pairs and long keys.
type jsonReader struct {
	text []byte
	// source is the text again: strings without escapes are parts of it.
	source string
	pos    int
	// placed is false for values that are not part of a document's text.
	placed bool
	arena  *arena
	// duplicates are keys that stand twice in their object.
	duplicates []*node
}

// readJSON reads one value from the beginning of the text. It returns where it ends,
// and the keys that stand twice in their object.
func readJSON(text []byte, placed bool, a *arena) (n *node, end int, duplicates []*node, err error) {
	r := &jsonReader{text: text, source: sourceOf(text), placed: placed, arena: a}
	n, err = r.value(0)
	return n, r.pos, r.duplicates, err
}

// freshNode reads the value of a patch.
func freshNode(raw json.RawMessage, a *arena) (*node, error) {
	n, end, duplicates, err := readJSON(raw, false, a)
	if err != nil {
		return nil, err
	}
	for _, c := range raw[end:] {
		if !isSpace(c) {
			return nil, errors.New("text after the JSON value")
		}
	}
	if len(duplicates) > 0 {
		return nil, duplicate{key: duplicates[0].scalar.text}
	}
	return n, nil
}

// longKey tells a name that does not fit into the 1,024 characters that YAML
// allows for a key in front of its colon, quotes and escapes included.
func longKey(name string) bool {
	return len(name) > 160 && len(appendQuoted(nil, name)) > 1000
}

var errLongKey = errors.New("a key too long for YAML")

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
		return nil, errors.New("nested too deeply")
	}
	r.space()
	begin := r.pos
	n := r.arena.node()
	n.start, n.body, n.flow, n.dirty = r.at(begin), r.at(begin), r.placed, !r.placed
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
			return nil, fmt.Errorf("no JSON value: %q", clip(string(word)))
		}
		n.scalar = scalar{text: string(word)}
	}
	n.end = r.at(r.pos)
	if r.placed {
		n.placed()
	}
	return n, err
}

func (r *jsonReader) members(n *node, depth int) error {
	r.pos++
	var seen names
	for {
		r.space()
		if r.peek() == '}' && len(n.entries) == 0 {
			break
		}
		begin := r.pos
		if r.peek() != '"' {
			return errors.New("no JSON: want a member's name in double quotes")
		}
		name, err := r.str()
		if err != nil {
			return err
		}
		if !r.placed && longKey(name) {
			return errLongKey
		}
		if !seen.add(name) {
			r.duplicates = append(r.duplicates, &node{start: begin, scalar: stringScalar(name)})
		}
		nameEnd := r.pos
		if r.space(); r.peek() != ':' {
			return fmt.Errorf("no JSON: want a colon after %q", clip(name))
		}
		r.pos++
		e := r.arena.entry()
		e.at, e.after = r.at(begin), r.at(r.pos)
		if r.placed {
			e.key = r.arena.node()
			*e.key = node{start: begin, body: begin, end: nameEnd, scalar: stringScalar(name)}
		} else {
			e.label = name
		}
		if e.value, err = r.value(depth + 1); err != nil {
			return err
		}
		if r.placed {
			e.wasKey, e.was = e.key, e.value
		}
		n.add(e)
		if r.space(); r.peek() != ',' {
			break
		}
		r.pos++
	}
	if r.peek() != '}' {
		return errors.New("no JSON: want a comma or the object's end")
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
		e := r.arena.entry()
		e.at, e.after = r.at(r.pos), r.at(r.pos)
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
		return errors.New("no JSON: want a comma or the array's end")
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
			s := r.source[begin:r.pos]
			if b != nil {
				s = string(b)
			}
			r.pos++
			if !utf8.ValidString(s) {
				return "", errors.New("text that is not UTF-8")
			}
			return s, nil
		case c < ' ':
			return "", errors.New("no JSON: control character in a string")
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
	return "", errors.New("no JSON: a string without an end")
}

func (r *jsonReader) escape() (rune, error) {
	if r.pos+1 >= len(r.text) {
		return 0, errors.New("no JSON: a string without an end")
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
			return 0, errors.New("no JSON: bad \\u escape")
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
		return 0, errors.New("no JSON: unknown escape in a string")
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
