package manifest

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

func (p *placer) offset(y *yaml.Node) (int, error) {
	if y.Line < 1 || y.Line > len(p.lines) {
		return 0, errPlace
	}
	pos := p.lines[y.Line-1]
	for i := 1; i < y.Column; i++ {
		if pos >= len(p.text) {
			return 0, errPlace
		}
		if p.text[pos] < utf8.RuneSelf {
			pos++
			continue
		}
		_, size := utf8.DecodeRune(p.text[pos:])
		pos += size
	}
	return pos, nil
}

// column is the number of characters left of a position on its line.
func (p *placer) column(pos int) int {
	start := pos
	for start > 0 && !p.startsLine(start) {
		start--
	}
	return utf8.RuneCount(p.text[start:pos])
}

func (p *placer) startsLine(pos int) bool {
	if pos == 0 || p.text[pos-1] == '\n' || (p.text[pos-1] == '\r' && (pos == len(p.text) || p.text[pos] != '\n')) {
		return true
	}
	if pos == p.lines[0] {
		return true
	}
	return (pos >= 2 && breakAt(p.text, pos-2) == 2) || (pos >= 3 && breakAt(p.text, pos-3) == 3)
}

// blank skips blanks, line breaks and comments.
func (p *placer) blank(pos int) int {
	for pos < len(p.text) {
		switch c := p.text[pos]; {
		case c == ' ' || c == '\t':
			pos++
		case c == '#':
			for pos < len(p.text) && breakAt(p.text, pos) == 0 {
				pos++
			}
		default:
			width := breakAt(p.text, pos)
			if width == 0 {
				return pos
			}
			pos += width
		}
	}
	return pos
}

// blanksOnLine skips blanks up to the line's end.
func (p *placer) blanksOnLine(pos int) int {
	for pos < len(p.text) && (p.text[pos] == ' ' || p.text[pos] == '\t') {
		pos++
	}
	return pos
}

func (p *placer) byteAt(pos int) byte {
	if pos < len(p.text) {
		return p.text[pos]
	}
	return 0
}

// endsWord tells whether what stands at a position ends a token before it.
func (p *placer) endsWord(pos int) bool {
	if pos >= len(p.text) {
		return true
	}
	c := p.text[pos]
	return c == ' ' || c == '\t' || breakAt(p.text, pos) > 0
}

func (p *placer) breakWidth(pos int) int {
	if pos >= len(p.text) {
		return 0
	}
	return breakAt(p.text, pos)
}
