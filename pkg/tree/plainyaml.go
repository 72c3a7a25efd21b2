package tree

import "strings"

// readPlainYAML reads the YAML that people and templates write of Kubernetes
// objects: block mappings and lists, flow mappings and lists, scalars that are
// plain, quoted on one line, or literal blocks; ASCII, one document. It takes a
// tenth of the time of a whole YAML parser. Of anything else, and of every error,
// it returns nil: the whole parser has the last word.
func readPlainYAML(text string) *Value {
	for i := range len(text) {
		if c := text[i]; (c < ' ' && c != '\n') || c > '~' {
			return nil
		}
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
	n := 0
	for ; n < maxKey; n++ {
		switch c := r.peek(n); {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '/', c == '$':
		case n > 0 && (c == '-' || c == '.'):
		default:
			return n
		}
	}
	return 0
}

// key reads a plain key.
func (r *plainReader) key() string {
	n := r.keyLength()
	key := r.text[r.at : r.at+n]
	r.at += n
	if isWord(key) {
		return key
	}
	v, err := Plain(key)
	if err != nil || v.kind == Null {
		r.fail()
		return ""
	}
	return v.text
}

// isWord says that a plain scalar is a string, without the rules for what others
// look like: it begins with a letter, and no such that is not a string is as long.
func isWord(s string) bool {
	return len(s) > len("false") && ('a' <= s[0]|0x20 && s[0]|0x20 <= 'z')
}

func (r *plainReader) mapping(indent, depth int) *Value {
	mark := len(r.slab.openMembers)
	for {
		if !r.isKey() {
			return r.fail()
		}
		key := r.key()
		if r.failed || find(r.slab.openMembers[mark:], key) >= 0 {
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

// plain reads a scalar without quotes, up to the end of its line or, in a flow,
// to what ends it there.
func (r *plainReader) plain(inFlow bool) *Value {
	switch c := r.peek(0); c {
	case '-', '?', ':':
		if next := r.peek(1); blank(next) || inFlow && (c != '-' || strings.IndexByte(",[]{}", next) >= 0) {
			return r.fail()
		}
	default:
		if strings.IndexByte(",[]{}#&*!|>'\"%@`", c) >= 0 {
			return r.fail()
		}
	}
	start := r.at
scan:
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case '\n':
			break scan
		case '#':
			if r.at > start && r.text[r.at-1] == ' ' {
				break scan
			}
		case ':':
			if next := r.peek(1); blank(next) || inFlow && strings.IndexByte(",?[]{}", next) >= 0 {
				if !inFlow {
					return r.fail()
				}
				break scan
			}
		case ',', '[', ']', '{', '}':
			if inFlow {
				break scan
			}
		}
	}
	s := strings.TrimRight(r.text[start:r.at], " ")
	if isWord(s) {
		return r.slab.string(s)
	}
	v, err := Plain(s)
	if err != nil {
		return r.fail()
	}
	return v
}

// flow reads a quoted scalar, or what is between brackets, over any lines.
func (r *plainReader) flow(depth int) *Value {
	if depth > maxPlainDepth {
		return r.fail()
	}
	switch r.peek(0) {
	case '"':
		return r.slab.string(r.doubleQuoted())
	case '\'':
		return r.slab.string(r.singleQuoted())
	case '[':
		return r.flowList(depth + 1)
	case '{':
		return r.flowMapping(depth + 1)
	default:
		return r.plain(true)
	}
}

// flowSpace goes over white space, line breaks and comments in a flow.
func (r *plainReader) flowSpace() {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ':
			r.at++
		case c == '\n', c == '#' && r.text[r.at-1] == ' ':
			if r.line(); r.indent <= 0 {
				r.fail() // at the margin a flow is not sure to go on
			}
		default:
			return
		}
	}
}

// flowEnd goes over a comma, and says whether the flow ends here.
func (r *plainReader) flowEnd(closing byte) bool {
	r.flowSpace()
	switch r.peek(0) {
	case ',':
		r.at++
		r.flowSpace()
		if r.peek(0) != closing {
			return false
		}
	case closing:
	default:
		r.fail()
		return true
	}
	r.at++
	return true
}

func (r *plainReader) flowList(depth int) *Value {
	mark := len(r.slab.openItems)
	r.at++
	if r.flowSpace(); r.peek(0) == ']' {
		r.at++
		return emptyArray
	}
	for {
		r.slab.openItems = append(r.slab.openItems, r.flow(depth))
		if r.failed || r.flowEnd(']') {
			return r.slab.array(mark)
		}
	}
}

func (r *plainReader) flowMapping(depth int) *Value {
	mark := len(r.slab.openMembers)
	r.at++
	if r.flowSpace(); r.peek(0) == '}' {
		r.at++
		return emptyObject
	}
	for {
		var key string
		quoted := r.peek(0) == '"'
		if quoted {
			key = r.doubleQuoted()
		} else if r.isKey() {
			key = r.key()
		} else {
			return r.fail()
		}
		if len(key) > maxKey || r.peek(0) != ':' || !quoted && !blank(r.peek(1)) || find(r.slab.openMembers[mark:], key) >= 0 {
			return r.fail()
		}
		r.at++
		r.flowSpace()
		if c := r.peek(0); r.failed || c == ',' || c == '}' {
			return r.fail()
		}
		value := r.flow(depth)
		r.slab.openMembers = append(r.slab.openMembers, Member{key, value})
		if r.failed || r.flowEnd('}') {
			return r.slab.object(mark)
		}
	}
}

// doubleQuoted reads a scalar that ends on its line, with the escapes that it
// has in common with JSON, but for those of code points.
func (r *plainReader) doubleQuoted() string {
	r.at++
	start := r.at
	var unescaped []byte
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case '"':
			s := r.text[start:r.at]
			r.at++
			if unescaped != nil {
				return string(append(unescaped, s...))
			}
			return s
		case '\\':
			escape := r.peek(1)
			if escape == 'u' || escapes[escape] == 0 {
				r.fail()
				return ""
			}
			unescaped = append(append(unescaped, r.text[start:r.at]...), escapes[escape])
			r.at++
			start = r.at + 1
		case '\n':
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

func (r *plainReader) singleQuoted() string {
	r.at++
	for start, n := r.at, 0; start+n < len(r.text); n++ {
		switch r.text[start+n] {
		case '\'':
			if start+n+1 < len(r.text) && r.text[start+n+1] == '\'' {
				n++
				continue
			}
			r.at = start + n + 1
			return strings.ReplaceAll(r.text[start:start+n], "''", "'")
		case '\n':
			r.fail()
			return ""
		}
	}
	r.fail()
	return ""
}

// literal reads a block that stands as it is, and goes to the line after it.
func (r *plainReader) literal(indent int) *Value {
	r.at++
	strip := r.peek(0) == '-'
	if strip {
		r.at++
	}
	if r.spaces(); r.peek(0) != '\n' {
		return r.fail()
	}
	var b strings.Builder
	content := -1 // its indent
	breaks := 0   // empty lines not yet written
	written := false
	for r.next < len(r.text) {
		start := r.next
		end := strings.IndexByte(r.text[start:], '\n')
		if end < 0 {
			return r.fail() // the last line break counts, and there is none
		}
		end += start
		at := start
		for at < end && r.text[at] == ' ' && (content < 0 || at-start < content) {
			at++
		}
		switch {
		case at == end:
			if content < 0 && at > start {
				return r.fail() // it may set the indent
			}
			breaks++
			r.next = end + 1
			continue
		case content < 0 && at-start > indent:
			content = at - start
		case content < 0 || at-start < content:
			return r.literalEnd(&b, written && !strip, indent)
		}
		for ; breaks > 0; breaks-- {
			b.WriteByte('\n')
		}
		if written {
			b.WriteByte('\n')
		}
		b.WriteString(r.text[at:end])
		written = true
		r.next = end + 1
	}
	return r.literalEnd(&b, written && !strip, indent)
}

func (r *plainReader) literalEnd(b *strings.Builder, lineBreak bool, indent int) *Value {
	if lineBreak {
		b.WriteByte('\n')
	}
	if r.line(); r.indent > indent {
		return r.fail()
	}
	return r.slab.string(b.String())
}
