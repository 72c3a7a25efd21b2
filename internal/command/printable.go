package command

import (
	"strconv"
	"strings"
	"unicode"
)

// steers tells characters that do something to a terminal: control characters, and
// those that turn the direction of text.
func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// printable quotes text from outside that would steer the terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, steers) {
		return strconv.Quote(s)
	}
	return s
}

// printableLines spells out what would steer the terminal in a text of lines.
func printableLines(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || r == '\t' || !steers(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.Quote(string(r))
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
