package manifest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// appendScalar writes a scalar on one line, plain where every reader of YAML,
// 1.1 or 1.2, takes it for the same, or in the quotes that it has from another.
func appendScalar(b []byte, s scalar, inFlow bool) []byte {
	switch {
	case !s.isString || s.quote == 0 && isPlain(s.text, inFlow):
		return append(b, s.text...)
	case (s.quote == '\'' || s.quote == 0 && strings.ContainsAny(s.text, `"\`)) && printable(s.text, false):
		b = append(b, '\'')
		b = append(b, strings.ReplaceAll(s.text, "'", "''")...)
		return append(b, '\'')
	}
	return appendQuoted(b, s.text)
}

// appendQuoted writes a string in double quotes, in the escapes that JSON and
// YAML share.
func appendQuoted(b []byte, s string) []byte {
	begin := len(b)
	b = appendJSONString(b, s)
	if printable(s, true) {
		return b
	}
	rest := bytes.Clone(b[begin:])
	b = b[:begin]
	const hex = "0123456789abcdef"
	for len(rest) > 0 {
		r, size := utf8.DecodeRune(rest)
		if isPrintable(r) || r > 0xFFFF {
			b = append(b, rest[:size]...)
		} else {
			b = append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		}
		rest = rest[size:]
	}
	return b
}

// isPrintable tells the characters that YAML allows in a text as they are, and
// that are no line breaks.
func isPrintable(r rune) bool {
	switch {
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0x2028, r == 0x2029, r == 0xFEFF, r == 0xFFFE, r == 0xFFFF:
		return false
	}
	return true
}

// printable tells whether all of a string is; control characters that JSON
// escapes count as printable with escaped.
func printable(s string, escaped bool) bool {
	for _, r := range s {
		if !isPrintable(r) && (!escaped || r >= ' ') {
			return false
		}
	}
	return true
}

// fitsLiteral tells whether a literal block gives a string back exactly, and is
// what a person would want for it.
func fitsLiteral(s string) bool {
	if !strings.Contains(s, "\n") || strings.IndexByte(" \t\n", s[0]) >= 0 {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" {
			return false
		}
		for _, r := range line {
			if !isPrintable(r) && r != '\t' {
				return false
			}
		}
	}
	return true
}

// numberForm is anything that some version of YAML may take for a number or a
// point in time.
var numberForm = regexp.MustCompile(`^(?:` +
	`[-+]?0[xX][0-9a-fA-F_]*|[-+]?0[oO][0-7_]*|[-+]?0[bB][01_]*|` +
	`[-+]?[0-9_][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]*)?|` +
	`[-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?|` +
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?|` +
	`[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`)$`)

// isNumberLike tells whether a string is of numberForm. Most are told without
// it: ports have but digits, and quantities, flags and paths some other letter.
func isNumberLike(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte("abcdefABCDEFxXoOtTnNiI_+-.,: \t", c) < 0:
			// Behind a date's time anything may follow.
			return len(s) >= len("2006-1-2") && s[4] == '-' && numberForm.MatchString(s)
		}
	}
	return digits == len(s) || numberForm.MatchString(s)
}

// isPlain tells whether a string may stand without quotes.
func isPlain(s string, inFlow bool) bool {
	if s == "" || s == "<<" || s == "=" || s == "---" || s == "..." {
		return false
	}
	if _, word := words[s]; word {
		return false
	}
	switch c := s[0]; {
	case c == '-' || c == '?' || c == ':':
		if len(s) == 1 || s[1] == ' ' || inFlow {
			return false
		}
		if c == '-' && isNumberLike(s) {
			return false
		}
	case strings.IndexByte(" ,[]{}#&*!|>'\"%@`", c) >= 0:
		return false
	case c == '+' || c == '.' || c == '_' || (c >= '0' && c <= '9'):
		if isNumberLike(s) {
			return false
		}
	}
	if last := s[len(s)-1]; last == ' ' || last == ':' {
		return false
	}
	if strings.Contains(s, ": ") || strings.Contains(s, " #") || !printable(s, false) {
		return false
	}
	return !inFlow || !strings.ContainsAny(s, ",[]{}:?")
}

// ScalarText is a scalar of a document as it would stand in YAML, on one line.
func ScalarText(v *tree.Value) string {
	text, isString := v.Str()
	if !isString {
		text = string(v.JSON())
	}
	return string(appendScalar(nil, scalar{text: text, isString: isString}, false))
}
