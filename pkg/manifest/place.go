package manifest

import (
	"bytes"
	"errors"
	"strings"

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
		doc:      &document{text: text, keeps: map[int]bool{}, arena: a},
		anchored: map[*yaml.Node]*node{},
	}
	n, err := p.node(root, -1, -1)
	if err != nil {
		return nil, err
	}
	p.doc.root = n
	return p.doc, nil
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
