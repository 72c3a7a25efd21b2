package tree

import (
	"strings"
	"unicode/utf8"
)

// readPlainYAML reads the YAML that people and templates write of Kubernetes
// objects: block mappings and lists, flow mappings and lists, scalars that are
// plain, quoted on one line, or literal blocks; one document. It takes a
// tenth of the time of a whole YAML parser. Of anything else, and of every error,
// it returns nil: the whole parser has the last word.
func readPlainYAML(text string) *Value {
	if !allPlain(text) {
		return nil
	}
	r := plainReader{text: text, slab: newSlab(len(text) / bytesPerLine)}
	v := nullValue
	if r.line(); r.at < len(text) {
		v = r.block(0)
	}
	if r.failed || r.at < len(text) {
		return nil
	}
	return v
}

// allPlain says that a text has none of the characters that YAML refuses, ends lines at
// or passes over, but for ordinary line breaks.
func allPlain(text string) bool {
	for i := 0; ; {
		if i += ordinaryRun(text[i:]); i == len(text) {
			return true
		}
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' || c > '~' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufeff', r == '\ufffe', r == '\uffff':
			return false
		}
		i += size
	}
}

// bytesPerLine is about how much YAML holds a value.
const bytesPerLine = 24

// maxPlainDepth is far deeper than any Kubernetes object nests.
const maxPlainDepth = 64

// plainReader stands on the first character that means something, at, whose
// column is indent; of the line that follows where a value has ended. Having
// failed, it goes on without going wrong, and what it returns means nothing.
type plainReader struct {
	text   string
	next   int // where the next line begins
	at     int // len(text) at the end
	indent int
	slab   slab
	failed bool
}

func (r *plainReader) fail() *Value {
	r.failed = true
	r.at, r.next, r.indent = len(r.text), len(r.text), -1
	return nullValue
}

// line goes to the next line that has more than white space and comments.
func (r *plainReader) line() {
	for r.next < len(r.text) {
		start := r.next
		end := strings.IndexByte(r.text[start:], '\n')
		if end < 0 {
			end = len(r.text)
		} else {
			end += start
		}
		r.next = min(end+1, len(r.text))
		at := start
		for at < end && r.text[at] == ' ' {
			at++
		}
		if at == end || r.text[at] == '#' {
			continue
		}
		r.at, r.indent = at, at-start
		if r.indent == 0 && (r.begins("---") || r.begins("...") || r.text[at] == '%') {
			r.fail()
		}
		return
	}
	r.at, r.indent = len(r.text), -1
}

func (r *plainReader) begins(s string) bool { return strings.HasPrefix(r.text[r.at:], s) }

// peek is the character n behind the current one; past the end, a line break.
func (r *plainReader) peek(n int) byte {
	if r.at+n < len(r.text) {
		return r.text[r.at+n]
	}
	return '\n'
}

func blank(c byte) bool { return c == ' ' || c == '\n' }

func (r *plainReader) spaces() {
	for r.at < len(r.text) && r.text[r.at] == ' ' {
		r.at++
	}
}

// ended says whether nothing but a comment is left of the line. White space must
// stand before a comment.
func (r *plainReader) ended() bool {
	before := r.at
	r.spaces()
	switch r.peek(0) {
	case '\n':
		return true
	case '#':
		return r.at > before || before > 0 && r.text[before-1] == ' '
	}
	return false
}

// block reads what begins here, on a line of its own.
func (r *plainReader) block(depth int) *Value {
	switch {
	case depth > maxPlainDepth:
		return r.fail()
	case r.isDash():
		return r.list(r.indent, depth)
	case r.isKey():
		return r.mapping(r.indent, depth)
	case strings.IndexByte("[{\"'", r.peek(0)) >= 0:
		return r.inline(r.indent, depth)
	default:
		return r.fail()
	}
}

func (r *plainReader) isDash() bool { return r.peek(0) == '-' && blank(r.peek(1)) }

// isKey says whether a plain key and its colon stand here.
func (r *plainReader) isKey() bool {
	n := r.keyLength()
	return n > 0 && r.peek(n) == ':' && blank(r.peek(n+1))
}

// maxKey is the longest key that is read here; YAML has a limit of 1024.
const maxKey = 256

func (r *plainReader) keyLength() int {
	rest := r.text[r.at:min(r.at+maxKey, len(r.text))]
	for n := range len(rest) {
		if where := inKey[rest[n]]; where == nowhere || n == 0 && where == within {
			return n
		}
	}
	return 0 // it has no end
}

// Where in a plain key a character may stand.
const (
	nowhere = iota
	within
	everywhere
)

var inKey = func() (in [256]uint8) {
	for c := range in {
		switch c := byte(c); {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '/', c == '$':
			in[c] = everywhere
		case c == '-', c == '.':
			in[c] = within
		}
	}
	return in
}()

// key reads a plain key.
func (r *plainReader) key() string {
	n := r.keyLength()
	key := r.text[r.at : r.at+n]
	r.at += n
	if isWord(key) {
		return key
	}
	v, err := plain(key)
	if err != nil || v.Kind() == Null {
		r.fail()
		return ""
	}
	return v.Text()
}

// isWord says that a plain scalar is a string, without the rules for what others
// look like: it begins with a letter, and no such that is not a string is as long.
func isWord(s string) bool {
	return len(s) > len("false") && ('a' <= s[0]|0x20 && s[0]|0x20 <= 'z')
}

func (r *plainReader) mapping(indent, depth int) *Value {
	mark := len(r.slab.openMembers)
	var known keys
	for {
		if !r.isKey() {
			return r.fail()
		}
		key := r.key()
		if r.failed || known.have(r.slab.openMembers[mark:], key) {
			return r.fail()
		}
		r.at++ // the colon
		var value *Value
		if !r.ended() {
			value = r.inline(indent, depth)
		} else if r.line(); r.indent > indent {
			value = r.block(depth + 1)
		} else if r.indent == indent && r.isDash() {
			value = r.list(indent, depth+1)
		} else {
			value = nullValue
		}
		r.slab.openMembers = append(r.slab.openMembers, Member{key, value})
		if r.indent < indent {
			return r.slab.object(mark)
		}
		if r.indent > indent {
			return r.fail()
		}
	}
}

// keys are those of a mapping that is being read.
type keys struct{ index *keyIndex }

// have says whether the key is that of one of the members so far.
func (k *keys) have(members []Member, key string) bool {
	if len(members) < manyMembers {
		return find(members, key) >= 0
	}
	if k.index == nil {
		k.index = indexOf(members)
	} else {
		k.index.add(members, len(members)-1)
	}
	return k.index.find(members, key) >= 0
}

func (r *plainReader) list(indent, depth int) *Value {
	mark := len(r.slab.openItems)
	for {
		dash := r.at
		r.at++
		var item *Value
		if !r.ended() {
			r.indent = indent + r.at - dash
			switch {
			case depth >= maxPlainDepth:
				item = r.fail()
			case r.isDash():
				item = r.list(r.indent, depth+1)
			case r.isKey():
				item = r.mapping(r.indent, depth+1)
			default:
				item = r.inline(indent, depth)
			}
		} else if r.line(); r.indent > indent {
			item = r.block(depth + 1)
		} else {
			item = nullValue
		}
		r.slab.openItems = append(r.slab.openItems, item)
		if r.indent > indent {
			return r.fail()
		}
		if r.indent < indent || !r.isDash() {
			return r.slab.array(mark) // in a mapping, its next key may stand here
		}
	}
}

// inline reads a value that begins behind a key or a dash, inside something at
// the given indent, and goes to the line after it.
func (r *plainReader) inline(indent, depth int) *Value {
	var v *Value
	switch r.peek(0) {
	case '|':
		return r.literal(indent)
	case '"', '\'', '[', '{':
		v = r.flow(depth)
		if !r.ended() {
			return r.fail()
		}
	default:
		v = r.plain(false)
	}
	r.line()
	return v
}
