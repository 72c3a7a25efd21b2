package tree

import (
	"encoding/json"
	"unicode/utf8"
)

// JSON returns the value's JSON text, members in their order.
func (v *Value) JSON() json.RawMessage { return v.AppendJSON(make([]byte, 0, v.lengthJSON())) }

// lengthJSON is how long the value's JSON text is where no string wants escapes.
func (v *Value) lengthJSON() int {
	switch v.Kind() {
	case Bool, Number:
		return len(v.Text())
	case String:
		return len(v.Text()) + len(`""`)
	case Array:
		n := len(`[`) + max(v.Len(), 1)
		for _, item := range v.Items() {
			n += item.lengthJSON()
		}
		return n
	case Object:
		n := len(`{`) + max(v.Len(), 1)
		for _, m := range v.Members() {
			n += len(m.Key) + len(`"":`) + m.Value.lengthJSON()
		}
		return n
	default:
		return len("null")
	}
}

// AppendJSON appends the value's JSON text to dst.
func (v *Value) AppendJSON(dst []byte) []byte {
	switch v.Kind() {
	case Bool, Number:
		return append(dst, v.Text()...)
	case String:
		return AppendString(dst, v.Text())
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = AppendString(dst, m.Key)
			dst = append(dst, ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are not UTF-8 become the
// replacement character, as they do in encoding/json.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; ; {
		if i += PlainRun(s[i:]); i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\ufffd"...)
				start = i + 1
			}
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
