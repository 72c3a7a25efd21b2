package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// errPlace is returned where a value cannot be found in the text where the
// parser says it is. Refusing is better than editing the wrong bytes.
var errPlace = errors.New("the YAML is written in a way that cannot be edited; write it more plainly")

// placer gives the parser's nodes their places in the text. The parser tells
// where a value begins, in lines and characters; where it ends is read off the
// text.
type placer struct {
	text  []byte
	lines []int // offsets at which lines begin
	doc   *document
	// anchored are the nodes that aliases may refer to.
	anchored map[*yaml.Node]*node
}

// place makes the tree of a document that the parser has read.
func place(text []byte, root *yaml.Node, a *arena) (*document, error) {
	p := &placer{
		text:     text,
		lines:    lineStarts(text),
		doc:      &document{text: text, keeps: map[int]bool{}, budget: expansionLimit, arena: a},
		anchored: map[*yaml.Node]*node{},
	}
	n, err := p.node(root, -1, -1)
	if err != nil {
		return nil, err
	}
	p.doc.root = n
	return p.doc, nil
}

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

// properties skips the anchor and tag in front of a value. It returns where
// they end and where the value begins.
func (p *placer) properties(y *yaml.Node, pos int) (end, body int, bare bool) {
	anchor := y.Anchor != ""
	collection := y.Kind != yaml.ScalarNode
	tag := !collection || y.Style&yaml.TaggedStyle != 0
	// A tag below an anchor with no value may be that of the next key.
	onLine := !collection && y.Style == 0 && y.Value == ""
	end, body = pos, pos
	for {
		switch c := p.byteAt(body); {
		case c == '&' && anchor:
			anchor = false
			for body < len(p.text) && !p.endsWord(body) && strings.IndexByte(",[]{}", p.text[body]) < 0 {
				body++
			}
		case c == '!' && tag && !(onLine && bytes.ContainsAny(p.text[pos:body], "\r\n")):
			tag = false
			begin := body
			for body < len(p.text) && !p.endsWord(body) && strings.IndexByte(",[]{}", p.text[body]) < 0 {
				body++
			}
			bare = body == begin+1
		default:
			return end, body, bare
		}
		end = body
		body = p.blank(body)
	}
}

// node places one value. With after >= 0 it is the value of an entry, and an
// empty one stands there. indent is that of the block collection around it.
func (p *placer) node(y *yaml.Node, after, indent int) (*node, error) {
	n := p.doc.node()
	if y.Anchor != "" {
		n.anchor = y.Anchor
		p.anchored[y] = n
	}
	pos, err := p.offset(y)
	if err != nil {
		return nil, err
	}
	if y.Kind == yaml.AliasNode {
		n.form = aliasForm
		n.start, n.body, n.end = pos, pos, pos+1+len(y.Value)
		if !bytes.HasPrefix(p.text[pos:], []byte("*"+y.Value)) {
			return nil, errPlace
		}
		n.target = p.anchored[y.Alias]
		if n.target == nil {
			return nil, errPlace
		}
		n.target.aliases = append(n.target.aliases, n)
		return n, nil
	}
	end, body, bare := p.properties(y, pos)
	n.start, n.body = pos, body
	switch y.Kind {
	case yaml.ScalarNode:
		return n, p.scalar(n, y, end, after, indent, bare)
	case yaml.MappingNode, yaml.SequenceNode:
		n.form = objectForm
		if y.Kind == yaml.SequenceNode {
			n.form = arrayForm
		}
		if y.Style&yaml.FlowStyle != 0 {
			n.flow = true
			return n, p.flow(n, y, indent)
		}
		if n.form == arrayForm {
			return n, p.blockSequence(n, y)
		}
		return n, p.blockMapping(n, y)
	}
	return nil, errPlace
}

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
	if n.end == len(p.text) && chomp != '-' {
		p.doc.tail = n
	}
	return nil
}

func (p *placer) breakWidth(pos int) int {
	if pos >= len(p.text) {
		return 0
	}
	return breakAt(p.text, pos)
}

func (p *placer) blockSequence(n *node, y *yaml.Node) error {
	n.column = p.column(n.body)
	pos := n.body
	n.entries = make([]*entry, 0, len(y.Content))
	for _, item := range y.Content {
		pos = p.blank(pos)
		if p.byteAt(pos) != '-' || !p.endsWord(pos+1) {
			return errPlace
		}
		e := p.doc.entry()
		e.at, e.after = pos, pos+1
		value, err := p.node(item, e.after, n.column)
		if err != nil {
			return err
		}
		e.value, e.was = value, value
		n.add(e)
		pos = e.end()
	}
	n.end = pos
	n.placed()
	return nil
}

func (p *placer) blockMapping(n *node, y *yaml.Node) error {
	if len(y.Content) == 0 {
		return errPlace
	}
	n.column = p.column(n.body)
	n.entries = make([]*entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := p.node(y.Content[i], -1, n.column)
		if err != nil {
			return err
		}
		e := p.doc.entry()
		e.at, e.key, e.wasKey, e.merge = key.start, key, key, isMerge(key)
		colon := p.blanksOnLine(key.end)
		if p.byteAt(colon) != ':' || p.column(key.start) != n.column {
			n.odd = true
			colon = p.blank(key.end)
		}
		e.after = key.end
		if p.byteAt(colon) == ':' && p.endsWord(colon+1) {
			e.after = colon + 1
		}
		if e.value, err = p.node(y.Content[i+1], e.after, n.column); err != nil {
			return err
		}
		e.was = e.value
		n.merges = n.merges || e.merge
		n.add(e)
		n.end = e.end()
	}
	n.placed()
	return nil
}

func (p *placer) flow(n *node, y *yaml.Node, indent int) error {
	opening, closing := byte('{'), byte('}')
	if n.form == arrayForm {
		opening, closing = '[', ']'
	}
	braces := p.byteAt(n.body) == opening
	if !braces && n.form == arrayForm {
		return errPlace
	}
	// A pair in a sequence ("[key: value]") is a mapping without braces.
	n.odd = !braces
	pos := n.body
	if braces {
		pos++
	}
	for i := 0; i < len(y.Content); i++ {
		e := p.doc.entry()
		e.after = -1
		item := y.Content[i]
		if n.form == objectForm {
			key, err := p.node(item, -1, indent)
			if err != nil {
				return err
			}
			e.key, e.wasKey, e.merge = key, key, isMerge(key)
			n.merges = n.merges || e.merge
			if key.start < pos || bytes.IndexByte(p.text[pos:key.start], '?') >= 0 {
				n.odd = true
			}
			e.at = key.start
			if colon := p.blank(key.end); p.byteAt(colon) == ':' {
				e.after = colon + 1
			}
			i++
			item = y.Content[i]
		}
		value, err := p.node(item, max(e.after, pos), indent)
		if err != nil {
			return err
		}
		if e.key == nil {
			e.at, e.after = value.start, value.start
		} else if e.after < 0 {
			// A key over lines may stand alone, but not in front of a colon.
			n.odd = n.odd || bytes.ContainsAny(p.text[e.key.start:e.key.end], "\r\n")
			value.start, value.body, value.end = e.key.end, e.key.end, e.key.end
		}
		e.value, e.was = value, value
		n.add(e)
		pos = e.end()
	}
	n.placed()
	if !braces {
		n.end = pos
		return nil
	}
	for {
		pos = p.blank(pos)
		switch p.byteAt(pos) {
		case closing:
			n.end = pos + 1
			return nil
		case ',', '?', ':':
			if p.byteAt(pos) != ',' {
				n.odd = true
			}
			pos++
		default:
			return errPlace
		}
	}
}

func isMerge(key *node) bool {
	return key.form == scalarForm && key.scalar.isString && key.scalar.text == "<<" && key.end == key.body+2
}

// jsonable checks that a whole tree can be read as an object of Kubernetes:
// keys are scalars, values have a place in JSON.
func jsonable(n *node) (flawed *node, err error) {
	switch n.form {
	case objectForm:
		for _, e := range n.entries {
			key := deref(e.key)
			switch {
			case key.form != scalarForm:
				return e.key, errors.New("a mapping's key is no scalar")
			case key.flaw != nil:
				return e.key, key.flaw
			case key.scalar.isNull():
				return e.key, errors.New("a mapping's key is empty")
			}
			if flawed, err = jsonable(e.value); err != nil {
				return flawed, err
			}
		}
	case arrayForm:
		for _, e := range n.entries {
			if flawed, err = jsonable(e.value); err != nil {
				return flawed, err
			}
		}
	case scalarForm:
		if n.flaw != nil {
			return n, fmt.Errorf("%w", n.flaw)
		}
	}
	return nil, nil
}
