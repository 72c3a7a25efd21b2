package explain

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Documents are the nodes of a stream, with their lines in it. Those behind one
// that cannot be read are missing.
func Documents(text string) []*yaml.Node {
	var list []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		node := &yaml.Node{}
		if decoder.Decode(node) != nil {
			return list
		}
		if len(node.Content) > 0 {
			list = append(list, node.Content[0])
		}
	}
}

// Spot is a node and the line on which it begins to be written: that of its key,
// or of itself as an item.
type Spot struct {
	Node *yaml.Node
	Line int
}

// At goes down a path of members and items, through aliases and merge keys. ok is
// false where there is no such node.
func At(node *yaml.Node, steps ...string) (found Spot, ok bool) {
	if node == nil {
		return Spot{}, false
	}
	found = Spot{node, node.Line}
	for _, step := range steps {
		if found, ok = child(found.Node, step); !ok {
			return Spot{}, false
		}
	}
	return found, true
}

func child(node *yaml.Node, step string) (Spot, bool) {
	switch node.Kind {
	case yaml.AliasNode:
		return child(node.Alias, step)
	case yaml.SequenceNode:
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(node.Content) {
			return Spot{}, false
		}
		return Spot{node.Content[i], node.Content[i].Line}, true
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if key := node.Content[i]; key.Value == step && key.Tag != "!!merge" {
				return Spot{node.Content[i+1], key.Line}, true
			}
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Tag != "!!merge" {
				continue
			}
			if found, ok := merged(node.Content[i+1], step); ok {
				return found, true
			}
		}
	}
	return Spot{}, false
}

// merged finds a member in what a merge key names: a mapping, or a list of them.
func merged(node *yaml.Node, step string) (Spot, bool) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		return child(node, step)
	}
	for _, one := range node.Content {
		if found, ok := child(one, step); ok {
			return found, true
		}
	}
	return Spot{}, false
}

// lastLine is the line on which a node ends.
func lastLine(node *yaml.Node) int {
	last := node.Line
	if node.Kind == yaml.ScalarNode {
		if node.Style&yaml.LiteralStyle != 0 {
			last += strings.Count(strings.TrimRight(node.Value, "\n"), "\n") + 1
		}
		return last
	}
	for _, c := range node.Content {
		last = max(last, lastLine(c))
	}
	return last
}
