package podtemplate

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// positions finds where the values of a YAML text stand in it.
type positions struct {
	text   []byte
	root   *yaml.Node
	lines  []int // where each begins
	starts []int // of all nodes, in order
}

func positionsIn(text []byte) *positions {
	p := &positions{text: text, lines: yamlLines(text)}
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return p
	}
	p.root = document.Content[0]
	p.note(p.root)
	slices.Sort(p.starts)
	return p
}

func (p *positions) note(node *yaml.Node) {
	p.starts = append(p.starts, p.offset(node))
	for _, below := range node.Content {
		p.note(below)
	}
}

// of returns where the text of a value begins and ends.
func (p *positions) of(path []string) (start, end int, ok bool) {
	node := p.root
	for _, step := range path {
		if node = below(node, step); node == nil {
			return 0, 0, false
		}
	}
	if node == nil {
		return 0, 0, false
	}
	start = p.offset(node)
	return start, p.end(node, start), true
}

// entry returns where a value begins, with its key where it is a mapping's.
func (p *positions) entry(path []string) (start int, ok bool) {
	node := p.root
	for i, step := range path {
		next := below(node, step)
		if next == nil {
			return 0, false
		}
		if key := keyOf(node, next); i == len(path)-1 && key != nil {
			next = key
		}
		node = next
	}
	if node == nil {
		return 0, false
	}
	return p.offset(node), true
}

// keyOf is the key of a mapping's value, nil where that stands elsewhere.
func keyOf(mapping, value *yaml.Node) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 1; i < len(mapping.Content); i += 2 {
		if mapping.Content[i] == value {
			return mapping.Content[i-1]
		}
	}
	return nil
}

// end is where the text of a node ends at the latest.
func (p *positions) end(node *yaml.Node, start int) int {
	end := len(p.text)
	next := start + 1
	if node.Kind != yaml.ScalarNode && len(node.Content) > 0 {
		return end
	}
	if i, _ := slices.BinarySearch(p.starts, next); i < len(p.starts) {
		end = p.starts[i]
	}
	if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return end
	}
	if quote := p.text[start:min(start+1, len(p.text))]; node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && len(quote) == 1 {
		if last := bytes.LastIndexByte(p.text[start:end], quote[0]); last > 0 {
			return start + last + 1
		}
		return end
	}
	return start + len(bytes.TrimRight(p.text[start:end], " \t\r\n-,:]}"))
}

// offset is where a node begins.
func (p *positions) offset(node *yaml.Node) int {
	if node.Line < 1 || node.Line > len(p.lines) {
		return len(p.text)
	}
	at := p.lines[node.Line-1]
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(p.text[at:])
		at += size
	}
	return at
}

// below is a member or item of a node, through aliases and merge keys. Of keys that
// stand twice the last counts.
func below(node *yaml.Node, step string) *yaml.Node {
	if node == nil {
		return nil
	}
	switch node.Kind {
	case yaml.AliasNode:
		return below(node.Alias, step)
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i]
		}
	case yaml.MappingNode:
		for i := len(node.Content) - 2; i >= 0; i -= 2 {
			if key := node.Content[i]; key.Value == step && key.Tag != "!!merge" {
				return node.Content[i+1]
			}
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Tag == "!!merge" {
				if found := merged(node.Content[i+1], step); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// merged finds a member in what a merge key names: a mapping, or a list of them.
func merged(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		return below(node, step)
	}
	for _, one := range node.Content {
		if found := below(one, step); found != nil {
			return found
		}
	}
	return nil
}

// yamlLines is where the lines of a text begin, by what YAML takes for breaks.
func yamlLines(text []byte) []int {
	starts := []int{0}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		switch r {
		case '\r':
			if i < len(text) && text[i] == '\n' {
				i++
			}
			starts = append(starts, i)
		case '\n', '\u0085', '\u2028', '\u2029':
			starts = append(starts, i)
		}
	}
	return starts
}
