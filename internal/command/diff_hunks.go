package command

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// hunk is the head of one in a unified diff: where it begins in both texts.
var hunk = regexp.MustCompile(`^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@`)

// renumbered has the hunks of a diff begin where they do in the text after it. The
// library leaves lines between two changes of one hunk out of its count.
func renumbered(text string) string {
	var b strings.Builder
	added := 0 // lines more than before, so far
	inHunk := false
	for line := range strings.Lines(text) {
		m := hunk.FindStringSubmatch(line)
		switch {
		case m != nil && m[3] != "0": // a text that is empty afterwards begins there
			from, _ := strconv.Atoi(m[1])
			inHunk = true
			line = fmt.Sprintf("@@ -%s%s +%d%s @@\n", m[1], m[2], max(from, 1)+added, m[4])
		case m != nil, !inHunk:
		case strings.HasPrefix(line, "+"):
			added++
		case strings.HasPrefix(line, "-"):
			added--
		}
		b.WriteString(line)
	}
	return b.String()
}
