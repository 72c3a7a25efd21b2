package tree

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep lists and objects may nest, so that no input can
// exhaust the stack. Kubernetes' own limit for JSON is the same.
const maxDepth = 10000

// Parse reads one JSON value, with nothing but white space around it. Of a key
// that stands twice the last value counts, as in encoding/json. Errors name the
// byte offset.
func Parse(text []byte) (*Value, error) {
	// One copy of the text holds all strings that are spelled without escapes.
	p := parser{text: string(text), slab: newSlab(len(text) / bytesPerValue)}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return nil, fmt.Errorf("JSON at byte %d: %w", p.pos, err)
	}
	p.space()
	if p.pos < len(text) {
		return nil, fmt.Errorf("JSON at byte %d: more text after the value", p.pos)
	}
	return v, nil
}

// bytesPerValue is about how much text a value takes in the JSON of a pod.
const bytesPerValue = 16

type parser struct {
	text string
	pos  int
	slab slab
	// unescaped holds the strings that are spelled with escapes, one behind the other.
	unescaped strings.Builder
}

var errEnd = errors.New("the text ends too early")

func (p *parser) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (*Value, error) {
	if p.pos >= len(p.text) {
		return nil, errEnd
	}
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	switch c := p.text[p.pos]; c {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		s, err := p.string()
		if err != nil {
			return nil, err
		}
		return p.slab.string(s), nil
	case 't':
		return trueValue, p.word("true")
	case 'f':
		return falseValue, p.word("false")
	case 'n':
		return nullValue, p.word("null")
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return p.number()
		}
		return nil, p.unexpected("a value")
	}
}

func (p *parser) unexpected(wanted string) error {
	if p.pos >= len(p.text) {
		return errEnd
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return fmt.Errorf("unexpected %q, wanted %s", r, wanted)
}

func (p *parser) word(w string) error {
	if len(p.text)-p.pos < len(w) || p.text[p.pos:p.pos+len(w)] != w {
		return p.unexpected("a value")
	}
	p.pos += len(w)
	return nil
}

func (p *parser) array(depth int) (*Value, error) {
	p.pos++
	mark := len(p.slab.openItems)
	for {
		p.space()
		if len(p.slab.openItems) == mark && p.take(']') {
			return emptyArray, nil
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		p.slab.openItems = append(p.slab.openItems, item)
		p.space()
		if p.take(']') {
			return p.slab.array(mark), nil
		}
		if !p.take(',') {
			return nil, p.unexpected("',' or ']'")
		}
	}
}

// manyMembers is from how many members on an index finds a repeated key; below, a
// scan is cheaper.
const manyMembers = 24

func (p *parser) object(depth int) (*Value, error) {
	p.pos++
	mark := len(p.slab.openMembers)
	var index *keyIndex
	for {
		p.space()
		if len(p.slab.openMembers) == mark && p.take('}') {
			return emptyObject, nil
		}
		if p.pos >= len(p.text) || p.text[p.pos] != '"' {
			return nil, p.unexpected("a key in quotes")
		}
		key, err := p.string()
		if err != nil {
			return nil, err
		}
		p.space()
		if !p.take(':') {
			return nil, p.unexpected("':'")
		}
		p.space()
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		members := p.slab.openMembers[mark:]
		if len(members) == manyMembers && index == nil {
			index = indexOf(members)
		}
		at := -1
		if index == nil {
			at = find(members, key)
		} else {
			at = index.find(members, key)
		}
		if at >= 0 {
			members[at].Value = value
		} else {
			p.slab.openMembers = append(p.slab.openMembers, Member{key, value})
			if index != nil {
				index.add(p.slab.openMembers[mark:], len(members))
			}
		}
		p.space()
		if p.take('}') {
			return p.slab.object(mark), nil
		}
		if !p.take(',') {
			return nil, p.unexpected("',' or '}'")
		}
	}
}

func (p *parser) take(c byte) bool {
	if p.pos < len(p.text) && p.text[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start
}

func (p *parser) number() (*Value, error) {
	start := p.pos
	if err := p.skipNumber(); err != nil {
		return nil, err
	}
	return p.slab.value(textValue(Number, p.text[start:p.pos])), nil
}

func (p *parser) skipNumber() error {
	p.take('-')
	if !p.take('0') && !p.digits() {
		return p.unexpected("a digit")
	}
	if p.take('.') && !p.digits() {
		return p.unexpected("a digit")
	}
	if p.take('e') || p.take('E') {
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			return p.unexpected("a digit")
		}
	}
	return nil
}

func (p *parser) string() (string, error) {
	p.pos++
	start := p.pos
	for {
		p.pos += PlainRun(p.text[p.pos:])
		if p.pos == len(p.text) {
			return "", errEnd
		}
		switch c := p.text[p.pos]; {
		case c == '"':
			s := p.text[start:p.pos]
			p.pos++
			return validUTF8(s), nil
		case c == '\\':
			return p.escaped(start)
		case c < 0x20:
			return "", fmt.Errorf("control character %q in a string", c)
		}
		p.pos++ // of a character that is not ASCII
	}
}

// validUTF8 returns s with the replacement character for what is not UTF-8.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) escaped(start int) (string, error) {
	out := &p.unescaped
	mark := out.Len()
	out.WriteString(p.text[start:p.pos])
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		switch {
		case c == '"':
			p.pos++
			return validUTF8(out.String()[mark:]), nil
		case c < 0x20:
			return "", fmt.Errorf("control character %q in a string", c)
		case c != '\\':
			plain := p.pos
			for p.pos < len(p.text) && p.text[p.pos] != '"' && p.text[p.pos] != '\\' && p.text[p.pos] >= 0x20 {
				p.pos++
			}
			out.WriteString(p.text[plain:p.pos])
			continue
		}
		p.pos++
		if p.pos >= len(p.text) {
			return "", errEnd
		}
		e := p.text[p.pos]
		if e == 'u' {
			r, err := p.codeUnit()
			if err != nil {
				return "", err
			}
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if p.pos+1 < len(p.text) && p.text[p.pos] == '\\' && p.text[p.pos+1] == 'u' {
					after := p.pos
					p.pos++
					if low, err = p.codeUnit(); err != nil {
						return "", err
					}
					if utf16.DecodeRune(r, low) == utf8.RuneError {
						p.pos = after
					}
				}
				r = utf16.DecodeRune(r, low)
			}
			out.WriteRune(r)
			continue
		}
		if escapes[e] == 0 {
			return "", fmt.Errorf("unknown escape \\%c in a string", e)
		}
		out.WriteByte(escapes[e])
		p.pos++
	}
	return "", errEnd
}

// codeUnit reads the four digits after the u at p.pos.
func (p *parser) codeUnit() (rune, error) {
	if len(p.text)-p.pos < 5 {
		return 0, errEnd
	}
	n, err := strconv.ParseUint(p.text[p.pos+1:p.pos+5], 16, 16)
	if err != nil {
		return 0, errors.New("\\u wants four hexadecimal digits")
	}
	p.pos += 5
	return rune(n), nil
}
