package tree

import "strings"

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
		case '?':
			if inFlow {
				return r.fail() // it may end the scalar
			}
		}
	}
	s := strings.TrimRight(r.text[start:r.at], " ")
	if isWord(s) {
		return r.slab.string(s)
	}
	v, err := plain(s)
	if err != nil {
		return r.fail()
	}
	return r.slab.scalar(v)
}

// doubleQuoted reads a scalar that ends on its line, with the escapes that it
// has in common with JSON, but for those of code points and for a slash's, which whole
// parsers do not all know.
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
			if escape == 'u' || escape == '/' || escapes[escape] == 0 {
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
