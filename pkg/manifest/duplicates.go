package manifest

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// duplicate is a key that stands twice in its mapping: Kubernetes takes the last
// value, and an edit may meet the first.
type duplicate struct {
	line int // of the document's text
	key  string
}

func (d duplicate) Error() string { return fmt.Sprintf("duplicate key %q", clip(d.key)) }

// checks is what a look at a document finds that its parser lets pass.
type checks struct{ duplicates []duplicate }

// look collects the duplicate keys. It returns the line of a key that is a mapping
// in a flow mapping, which is what a template's braces are to a parser; 0 for none.
func (c *checks) look(y *yaml.Node) (templated int) {
	if y.Kind == yaml.MappingNode {
		templated = c.lookAtKeys(y)
	}
	for _, child := range y.Content {
		if templated > 0 {
			break
		}
		if child.Kind == yaml.MappingNode || child.Kind == yaml.SequenceNode {
			templated = c.look(child)
		}
	}
	return templated
}

func (c *checks) lookAtKeys(y *yaml.Node) (templated int) {
	var seen names
	for i := 0; i < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 && y.Style&yaml.FlowStyle != 0 {
			return key.Line
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			continue
		}
		name := key.Value
		if key.Style == 0 {
			s, err := resolvePlain(name)
			if err != nil || s.isNull() {
				continue
			}
			name = s.key()
		}
		if !seen.add(name) {
			c.duplicates = append(c.duplicates, duplicate{y.Content[i].Line, name})
		}
	}
	return 0
}

// noteDuplicates notes keys of JSON that begins so far into the document's text.
func (d *document) noteDuplicates(keys []*node, begin int) {
	for _, key := range keys {
		line := 1 + bytes.Count(d.text[:begin+key.start], []byte("\n"))
		d.duplicates = append(d.duplicates, duplicate{line, key.scalar.text})
	}
}

// warnOfDuplicates tells of the keys of a document that is passed on.
func (rw *rewriter) warnOfDuplicates(h head, list []duplicate) {
	for _, d := range list {
		o := object{line: rw.line, apiVersion: h.apiVersion, kindName: h.kind, namespace: h.namespace, name: h.name}
		rw.tell(o, "", fmt.Sprintf("line %d: %v, of which the last counts; it is passed on as it is", rw.line+d.line-1, d))
	}
}
