package manifest

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

func (p *placer) scalar(n *node, y *yaml.Node, propertiesEnd, after, indent int, bare bool) error {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	switch {
	case y.Style&quoted == 0 && y.Value == "":
		n.body, n.end = propertiesEnd, propertiesEnd
		if propertiesEnd == n.start && after >= 0 {
			n.start, n.body, n.end = after, after, after
		}
	case y.Style&yaml.DoubleQuotedStyle != 0:
		if p.byteAt(n.body) != '"' {
			return errPlace
		}
		i := n.body + 1
		for p.byteAt(i) != '"' {
			if p.byteAt(i) == '\\' {
				i++
			}
			if i++; i >= len(p.text) {
				return errPlace
			}
		}
		n.end = i + 1
	case y.Style&yaml.SingleQuotedStyle != 0:
		if p.byteAt(n.body) != '\'' {
			return errPlace
		}
		i := n.body + 1
		for p.byteAt(i) != '\'' || p.byteAt(i+1) == '\'' {
			if p.byteAt(i) == '\'' {
				i++
			}
			if i++; i >= len(p.text) {
				return errPlace
			}
		}
		n.end = i + 1
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		if err := p.blockScalar(n, indent); err != nil {
			return err
		}
	default:
		if err := p.plain(n, y.Value); err != nil {
			return err
		}
	}
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		n.scalar, n.flaw = resolveTagged(y.Tag, y.Value)
	case y.Style&quoted != 0 || bare:
		n.scalar = stringScalar(y.Value)
	default:
		n.scalar, n.flaw = resolvePlain(y.Value)
	}
	return nil
}

// plain finds the end of a plain scalar: it has no escapes, so that its value
// stands in the text but for the folding of blanks.
func (p *placer) plain(n *node, value string) error {
	i := n.body
	if bytes.HasPrefix(p.text[i:], []byte(value)) && strings.IndexByte(value, '\n') < 0 {
		n.end = i + len(value)
		return nil
	}
	for v := 0; v < len(value); {
		if width := breakOrBlank([]byte(value), v); width > 0 {
			v += width
			continue
		}
		for i < len(p.text) {
			width := breakOrBlank(p.text, i)
			if width == 0 {
				break
			}
			i += width
		}
		if p.byteAt(i) != value[v] {
			return errPlace
		}
		i++
		v++
	}
	n.end = i
	return nil
}

func breakOrBlank(text []byte, i int) int {
	if text[i] == ' ' || text[i] == '\t' {
		return 1
	}
	return breakAt(text, i)
}

// blockScalar finds the end of a literal or folded scalar: the end of its last
// line, the break not included.
func (p *placer) blockScalar(n *node, parent int) error {
	n.block = true
	i := n.body
	if c := p.byteAt(i); c != '|' && c != '>' {
		return errPlace
	}
	content, chomp := 0, byte(0)
	for i++; i < len(p.text); i++ {
		c := p.text[i]
		if c == '+' || c == '-' {
			chomp = c
		} else if c >= '1' && c <= '9' {
			content = max(parent, 0) + int(c-'0')
		} else {
			break
		}
	}
	endOfLine := func(i int) int {
		for i < len(p.text) && breakAt(p.text, i) == 0 {
			i++
		}
		return i
	}
	nextLine := func(i int) int { return i + breakAt(p.text, i) }
	spaces := func(i int) int {
		begin := i
		for p.byteAt(i) == ' ' {
			i++
		}
		return i - begin
	}
	i = endOfLine(i)
	n.end = i
	if content == 0 {
		// The first line that is not empty sets the indentation, but blank lines
		// above it that are longer do, too.
		for j := i; j < len(p.text); {
			j = nextLine(j)
			indent := spaces(j)
			content = max(content, indent)
			j += indent
			if j >= len(p.text) || breakAt(p.text, j) == 0 {
				break
			}
		}
		content = max(content, parent+1, 1)
	}
	for j := i; j < len(p.text); {
		j = nextLine(j)
		if j >= len(p.text) {
			break
		}
		indent := spaces(j)
		end := endOfLine(j)
		switch {
		case indent >= content && end > j+content:
			n.end = end
		case end > j+indent:
			j = len(p.text) // text that is indented less: the scalar is over
		case chomp == '+' && end < len(p.text):
			n.end = end
		}
		if j < len(p.text) {
			j = end
		}
	}
	if chomp == '+' {
		p.doc.keeps[n.end+p.breakWidth(n.end)] = true
	}
	return nil
}
