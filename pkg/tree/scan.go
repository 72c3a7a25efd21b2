package tree

import (
	"fmt"
	"iter"
	"unicode/utf8"
	"unsafe"
)

// Scanner goes once through JSON text and takes from it only what is asked for.
// What it passes over it checks as Parse does. After an error, which Err returns,
// it finds nothing more.
type Scanner struct {
	text  []byte
	pos   int
	err   error
	words Words
}

// NewScanner stands before the value that the text holds.
func NewScanner(text []byte) *Scanner { return &Scanner{text: text} }

// Words are texts that a scanner meets again and again, of which it makes no copies.
type Words map[string]string

// WordsOf makes them.
func WordsOf(texts ...string) Words {
	words := make(Words, len(texts))
	for _, text := range texts {
		words[text] = text
	}
	return words
}

// Knowing tells the scanner of words.
func (s *Scanner) Knowing(words Words) *Scanner {
	s.words = words
	return s
}

// Err is what is wrong with the text, with the byte offset.
func (s *Scanner) Err() error { return s.err }

// End checks that nothing but white space is left.
func (s *Scanner) End() error {
	if s.space(); s.pos < len(s.text) {
		s.fail("more text after the value")
	}
	return s.err
}

// Members goes through the object that comes next; null has no members. The loop's
// body takes the member's value by one of the other methods, or leaves it.
func (s *Scanner) Members() iter.Seq[string] {
	return func(yield func(string) bool) {
		if s.space(); s.null() || !s.want('{', "an object") {
			return
		}
		if s.space(); s.take('}') {
			return
		}
		for {
			s.space()
			key := s.Text()
			if s.space(); !s.want(':', "':'") {
				return
			}
			s.space()
			before := s.pos
			if !yield(key) {
				return
			}
			if s.pos == before {
				s.Raw()
			}
			if s.space(); s.take('}') {
				return
			}
			if !s.want(',', "',' or '}'") {
				return
			}
			if s.space(); s.peek() != '"' {
				s.fail("a key in quotes is wanted")
				return
			}
		}
	}
}

// Text takes a string.
func (s *Scanner) Text() string {
	s.space()
	start := s.pos
	plain := s.string()
	if s.err != nil {
		return ""
	}
	if plain {
		text := s.text[start+1 : s.pos-1]
		if word, ok := s.words[string(text)]; ok {
			return word
		}
		return validUTF8(string(text))
	}
	p := parser{text: string(s.text[start:s.pos])}
	text, err := p.string()
	if err != nil {
		s.pos = start + p.pos
		s.fail(err.Error())
	}
	return text
}

// Bool takes a boolean.
func (s *Scanner) Bool() bool {
	switch s.space(); {
	case s.word("false"):
		return false
	case s.word("true"):
		return true
	}
	s.fail("a boolean is wanted")
	return false
}

// Raw takes a value as it stands in the text.
func (s *Scanner) Raw() []byte {
	s.space()
	start := s.pos
	s.skip(0)
	if s.err != nil {
		return nil
	}
	return s.text[start:s.pos]
}

func (s *Scanner) fail(why string) {
	if s.err == nil {
		s.err = fmt.Errorf("JSON at byte %d: %s", s.pos, why)
	}
	s.text = s.text[:min(s.pos, len(s.text))]
	s.pos = len(s.text)
}

func (s *Scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *Scanner) take(c byte) bool {
	if s.peek() == c && s.pos < len(s.text) {
		s.pos++
		return true
	}
	return false
}

func (s *Scanner) want(c byte, what string) bool {
	if s.take(c) {
		return true
	}
	s.unexpected(what)
	return false
}

func (s *Scanner) unexpected(wanted string) {
	if s.pos >= len(s.text) {
		s.fail(errEnd.Error())
		return
	}
	r, _ := utf8.DecodeRune(s.text[s.pos:])
	s.fail(fmt.Sprintf("unexpected %q, wanted %s", r, wanted))
}

func (s *Scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *Scanner) word(w string) bool {
	if len(s.text)-s.pos < len(w) || string(s.text[s.pos:s.pos+len(w)]) != w {
		return false
	}
	s.pos += len(w)
	return true
}

// Null says whether null comes next, and takes it.
func (s *Scanner) Null() bool {
	s.space()
	return s.null()
}

func (s *Scanner) null() bool { return s.peek() == 'n' && s.word("null") }

// skip passes over a value.
func (s *Scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail("nested too deeply")
		return
	}
	switch c := s.peek(); c {
	case '{', '[':
		s.skipAll(c, depth)
	case '"':
		s.string()
	case 't', 'f', 'n':
		if !s.word("true") && !s.word("false") && !s.word("null") {
			s.unexpected("a value")
		}
	default:
		s.number()
	}
}

// skipAll passes over an object or a list.
func (s *Scanner) skipAll(open byte, depth int) {
	closing := open + 2 // so they stand in ASCII
	s.pos++
	if s.space(); s.take(closing) {
		return
	}
	for s.err == nil {
		if s.space(); open == '{' {
			if s.peek() != '"' {
				s.unexpected("a key in quotes")
				return
			}
			s.string()
			if s.space(); !s.want(':', "':'") {
				return
			}
			s.space()
		}
		s.skip(depth + 1)
		if s.space(); s.take(closing) {
			return
		}
		s.want(',', "',' or a closing bracket")
	}
}

func (s *Scanner) digits() bool {
	start := s.pos
	for '0' <= s.peek() && s.peek() <= '9' {
		s.pos++
	}
	return s.pos > start
}

func (s *Scanner) number() {
	s.take('-')
	ok := s.take('0') || s.digits()
	if ok && s.take('.') {
		ok = s.digits()
	}
	if ok && (s.take('e') || s.take('E')) {
		if !s.take('+') {
			s.take('-')
		}
		ok = s.digits()
	}
	if !ok {
		s.unexpected("a value")
	}
}

// string passes over a string, and says whether it is spelled without escapes.
func (s *Scanner) string() (plain bool) {
	if !s.want('"', "a string") {
		return false
	}
	plain = true
	for {
		rest := s.text[s.pos:]
		s.pos += PlainRun(unsafe.String(unsafe.SliceData(rest), len(rest)))
		if s.pos == len(s.text) {
			break
		}
		c := s.text[s.pos]
		s.pos++
		switch {
		case c == '"':
			return plain
		case c < 0x20:
			s.pos--
			s.fail(fmt.Sprintf("control character %q in a string", c))
			return false
		case c == '\\':
			plain = false
			if !s.escape() {
				s.fail("unknown escape in a string")
				return false
			}
		}
	}
	s.fail(errEnd.Error())
	return false
}

// escape passes over what follows a backslash.
func (s *Scanner) escape() bool {
	c := s.peek()
	s.pos++
	if c != 'u' {
		return escapes[c] != 0
	}
	for range 4 {
		if !isHex(s.peek()) {
			return false
		}
		s.pos++
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
