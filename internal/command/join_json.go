package command

import (
	"bufio"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonAsYAML writes a stream of JSON objects as documents of YAML: with separators
// between them, and with spellings that YAML has, too. Text that turns out to be no
// JSON goes on as it is.
type jsonAsYAML struct {
	w   *bufio.Writer
	eol string

	depth int
	// objects counts those that began at depth 0.
	objects int
	// text is a string that is being read, and what may belong to it behind it.
	text   []byte
	quoted bool // the string has not ended
	escape bool // its last byte is a backslash that begins an escape
	// verbatim is set once the text is no JSON.
	verbatim bool
}

func (j *jsonAsYAML) Write(b []byte) (int, error) {
	for _, c := range b {
		j.put(c)
	}
	return len(b), nil // a writer that failed tells so at the end
}

// Close writes what is left. It does not close what it writes to.
func (j *jsonAsYAML) Close() error {
	j.release(0)
	return j.w.Flush()
}

func (j *jsonAsYAML) put(c byte) {
	switch {
	case j.verbatim:
		_ = j.w.WriteByte(c)
	case j.quoted:
		j.text = append(j.text, c)
		j.quoted = c != '"' || j.escape
		j.escape = c == '\\' && !j.escape
	case j.text != nil && isBlank(c):
		j.text = append(j.text, c) // behind the string
	default:
		j.release(c)
		j.between(c)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// between handles what stands outside of strings.
func (j *jsonAsYAML) between(c byte) {
	switch {
	case c == '"' && j.depth > 0:
		j.text, j.quoted = append(j.text, c), true
		return
	case c == '{' || c == '[' && j.depth > 0:
		if j.depth == 0 {
			if j.objects > 0 {
				_, _ = j.w.WriteString(j.eol + "---" + j.eol)
			}
			j.objects++
		}
		j.depth++
	case (c == '}' || c == ']') && j.depth > 0:
		j.depth--
	case isBlank(c), j.depth > 0 && strings.IndexByte(",:+-.0123456789Eaeflnrstu", c) >= 0:
	default:
		j.verbatim = true
	}
	_ = j.w.WriteByte(c)
}

// release writes the string at hand. next is what comes behind it.
func (j *jsonAsYAML) release(next byte) {
	if j.text == nil {
		return
	}
	text := j.text
	j.text = nil
	end := len(text)
	for !j.quoted && isBlank(text[end-1]) {
		end--
	}
	spelled := yamlString(text[:end])
	if next == ':' {
		// YAML has a name and its colon on one line, and names that are not long.
		const longest = 1000
		if len(spelled) > longest {
			_, _ = j.w.WriteString("? ")
		}
		_, _ = j.w.WriteString(spelled)
		return
	}
	_, _ = j.w.WriteString(spelled)
	_, _ = j.w.Write(text[end:])
}

// yamlString spells a JSON string, in its quotes, so that YAML reads the same.
func yamlString(text []byte) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && text[i+1] == '/':
			b.WriteByte('/')
			i += 2
		case c == '\\' && i+1 < len(text) && text[i+1] == 'u':
			r, size := codeUnit(text[i:])
			if utf16.IsSurrogate(r) {
				second, more := codeUnit(text[i+size:])
				if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
					size += more
				}
			}
			if r > 0xFFFF || r == utf8.RuneError {
				b.WriteRune(r)
			} else {
				b.Write(text[i : i+size])
			}
			i += size
		case c == '\\' && i+1 < len(text):
			b.Write(text[i : i+2])
			i += 2
		default:
			r, size := utf8.DecodeRune(text[i:])
			if isPlainInYAML(r) {
				b.WriteRune(r)
			} else {
				b.WriteString(escaped(r))
			}
			i += size
		}
	}
	return b.String()
}

// codeUnit reads \uXXXX; size is 0 where there is none.
func codeUnit(text []byte) (r rune, size int) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return utf8.RuneError, min(len(text), 2)
	}
	for _, c := range text[2:6] {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 {
			return utf8.RuneError, 2
		}
		r = r<<4 | rune(digit)
	}
	return r, 6
}

// isPlainInYAML tells characters that can stand in a quoted text of YAML and are no
// line breaks there.
func isPlainInYAML(r rune) bool {
	return r >= ' ' && r < 0x7F || r >= 0xA0 && r != 0x2028 && r != 0x2029 && r != 0xFEFF && r != 0xFFFE && r != 0xFFFF
}

func escaped(r rune) string {
	const hex = "0123456789abcdef"
	return `\u` + string([]byte{hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15]})
}
