package manifest

import (
	"bytes"
	"slices"
)

// breakAt is the length of the line break at a position, by YAML 1.1's notion
// of one; 0 for none.
func breakAt(text []byte, i int) int {
	switch text[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(text) && text[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(text) && text[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

func lineStarts(text []byte) []int {
	starts := make([]int, 1, 1+len(text)/24)
	if bytes.HasPrefix(text, byteOrderMark) {
		starts[0] = len(byteOrderMark)
	}
	for i := starts[0]; i < len(text); {
		if c := text[i]; c != '\n' && c != '\r' && c < 0xC2 {
			i++
			continue
		}
		width := breakAt(text, i)
		if width == 0 {
			i++
			continue
		}
		i += width
		starts = append(starts, i)
	}
	return starts
}

// lineIndex says where the lines of a text begin, and where its line feeds are. A line may
// be all there is of a document, and is not searched again for each change in it.
type lineIndex struct{ starts, feeds []int }

func indexLines(text []byte) lineIndex {
	x := lineIndex{starts: lineStarts(text)}
	for _, start := range x.starts {
		if start > 0 && text[start-1] == '\n' {
			x.feeds = append(x.feeds, start-1)
		}
	}
	return x
}

// eol is the line break in use above a position, or else below it.
func (r *renderer) eol(pos int) string {
	feeds := r.index.feeds
	if len(feeds) == 0 {
		return "\n"
	}
	above, _ := slices.BinarySearch(feeds, pos)
	if i := feeds[max(above-1, 0)]; i > 0 && r.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// lineStart is where the line of a position begins.
func (r *renderer) lineStart(pos int) int {
	starts := r.index.starts
	i, found := slices.BinarySearch(starts, pos)
	switch {
	case found:
		return pos
	case i == 0: // in front of a byte order mark
		return 0
	default:
		return starts[i-1]
	}
}

// lineEnd is where the line of a position ends, its break not included.
func (r *renderer) lineEnd(pos int) int {
	for pos < len(r.text) && breakAt(r.text, pos) == 0 {
		pos++
	}
	return pos
}

// nextLine is where the line below the one of a position begins, or the text's end.
func (r *renderer) nextLine(pos int) int {
	pos = r.lineEnd(pos)
	if pos < len(r.text) {
		pos += breakAt(r.text, pos)
	}
	return pos
}

// lineAt tells what the line that begins at a position holds: its indentation,
// and whether it is blank or a comment.
func (r *renderer) lineAt(pos int) (indent int, blank, comment bool) {
	i := pos
	for i < len(r.text) && r.text[i] == ' ' {
		i++
	}
	indent = i - pos
	for i < len(r.text) && (r.text[i] == ' ' || r.text[i] == '\t') {
		i++
	}
	if i == len(r.text) || breakAt(r.text, i) > 0 {
		return i - pos, true, false
	}
	return indent, false, r.text[i] == '#'
}

// margin is the white space that the line of a position begins with.
func (r *renderer) margin(pos int) string {
	start := r.lineStart(pos)
	end := start
	for end < pos && (r.text[end] == ' ' || r.text[end] == '\t') {
		end++
	}
	return string(r.text[start:end])
}

// leads tells whether only white space stands left of a position on its line.
func (r *renderer) leads(pos int) bool {
	return len(r.margin(pos)) == pos-r.lineStart(pos)
}

// commentsAbove is where the comment block begins that stands straight above a
// line, in a column.
func (r *renderer) commentsAbove(start, column int) int {
	for start > 0 {
		above := r.lineStart(start - 1)
		if above >= start {
			break
		}
		if indent, _, comment := r.lineAt(above); !comment || indent != column {
			break
		}
		start = above
	}
	return start
}

// below is where text goes that follows an entry ending at a position in a
// collection of a column: under the comments that are indented deeper than what
// follows.
func (r *renderer) below(end, column int) int {
	pos := r.nextLine(end)
	follows := 0
	for i := pos; i < len(r.text); i = r.nextLine(i) {
		indent, blank, comment := r.lineAt(i)
		if !blank && !comment {
			follows = indent
			break
		}
	}
	for pos < len(r.text) {
		indent, _, comment := r.lineAt(pos)
		if !comment || indent < column || indent <= follows {
			break
		}
		pos = r.nextLine(pos)
	}
	return pos
}
