package tree

import (
	"encoding/base64"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads one YAML document as Kubernetes reads it: see FromYAML. Text
// without a document is null. Errors name the line.
func ParseYAML(text []byte) (*Value, error) {
	if v := readPlainYAML(string(text)); v != nil {
		return v, nil
	}
	return parseAnyYAML(text, yamlReader{})
}

// ParseYAMLLastCounts is ParseYAML for text that programs wrote: of a key that stands
// twice in its mapping the last value counts, where the first one stands.
func ParseYAMLLastCounts(text string) (*Value, error) {
	if v := readPlainYAML(text); v != nil {
		return v, nil
	}
	return parseAnyYAML([]byte(text), yamlReader{lastCounts: true})
}

func parseAnyYAML(text []byte, r yamlReader) (*Value, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if doc.Kind == 0 {
		return nullValue, nil
	}
	r.done = map[*yaml.Node]*Value{}
	return r.value(&doc)
}

// FromYAML returns what a YAML node means to Kubernetes, which reads YAML 1.1:
// yes, on and their like are booleans, 010 is eight, and a date is a string.
// Anchors and merge keys are resolved. A key that stands twice, a key that is no
// scalar, and what JSON cannot express (.inf, .nan) are errors that name the line.
func FromYAML(node *yaml.Node) (*Value, error) {
	r := yamlReader{done: map[*yaml.Node]*Value{}}
	return r.value(node)
}

type yamlReader struct {
	// done holds what an anchored node means, nil while it is being read.
	done    map[*yaml.Node]*Value
	aliases Aliases
	// lastCounts takes the last value of a key that stands twice, else it is an error.
	lastCounts bool
}

func lineError(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", node.Line, fmt.Errorf(format, args...))
}

func (r *yamlReader) value(node *yaml.Node) (*Value, error) {
	if node.Anchor != "" {
		r.done[node] = nil
	}
	v, err := r.read(node)
	if err == nil && node.Anchor != "" {
		r.done[node] = v
	}
	return v, err
}

func (r *yamlReader) read(node *yaml.Node) (*Value, error) {
	switch node.Kind {
	case yaml.DocumentNode:
		return r.value(node.Content[0])
	case yaml.AliasNode:
		v := r.done[node.Alias]
		if v == nil {
			return nil, lineError(node, "alias %s stands inside the value it refers to", Extract(node.Value))
		}
		if err := r.aliases.Add(sizeOf(v, maxAliased)); err != nil {
			return nil, lineError(node, "%w", err)
		}
		return v, nil
	case yaml.SequenceNode:
		items := make([]*Value, len(node.Content))
		for i, child := range node.Content {
			v, err := r.value(child)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return NewArray(items...), nil
	case yaml.MappingNode:
		return r.mapping(node)
	default:
		return scalar(node)
	}
}

func (r *yamlReader) mapping(node *yaml.Node) (*Value, error) {
	members := make([]Member, 0, len(node.Content)/2)
	seen := make(map[string]int, len(node.Content)/2) // where in members
	var merged []*Value
	for i := 0; i < len(node.Content); i += 2 {
		keyNode := node.Content[i]
		if isMergeKey(keyNode) {
			from, err := r.value(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			sources := from.Items()
			if from.Kind() != Array {
				sources = []*Value{from}
			}
			for _, source := range sources {
				if source.Kind() != Object {
					return nil, lineError(keyNode, "merge key << wants a mapping, or a list of them")
				}
			}
			merged = append(merged, sources...)
			continue
		}
		key, err := r.key(keyNode)
		if err != nil {
			return nil, err
		}
		first, twice := seen[key]
		if twice && !r.lastCounts {
			return nil, lineError(keyNode, "key %s stands twice in its mapping", Extract(key))
		}
		v, err := r.value(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		if twice {
			members[first].Value = v
			continue
		}
		seen[key] = len(members)
		members = append(members, Member{key, v})
	}
	for _, from := range merged {
		for _, m := range from.Members() {
			if _, ok := seen[m.Key]; !ok {
				seen[m.Key] = len(members)
				members = append(members, m)
			}
		}
	}
	return NewObject(members...), nil
}

func isMergeKey(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.Value == "<<" &&
		(node.Tag == "!!merge" || node.Style == 0 && (node.Tag == "" || node.Tag == "!"))
}

func (r *yamlReader) key(node *yaml.Node) (string, error) {
	v, err := r.value(node)
	if err != nil {
		return "", err
	}
	switch v.Kind() {
	case String, Number, Bool:
		return v.Text(), nil
	default:
		return "", lineError(node, "a key must be a string, not %s", describe(v))
	}
}

func describe(v *Value) string {
	switch v.Kind() {
	case Null:
		return "null"
	case Object:
		return "an object"
	default:
		return "a " + v.Kind().String()
	}
}

const quotedStyles = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func scalar(node *yaml.Node) (*Value, error) {
	if node.Style&yaml.TaggedStyle != 0 {
		return tagged(node)
	}
	if node.Style&quotedStyles != 0 {
		return NewString(node.Value), nil
	}
	v, err := Plain(node.Value)
	if err != nil {
		return nil, lineError(node, "%w", err)
	}
	return v, nil
}

func tagged(node *yaml.Node) (*Value, error) {
	switch node.Tag {
	case "!!binary":
		raw, err := base64.StdEncoding.DecodeString(node.Value)
		if err != nil {
			return nil, lineError(node, "!!binary: %w", err)
		}
		return NewString(string(raw)), nil
	case "!!bool", "!!int", "!!float", "!!null":
		v, err := Plain(node.Value)
		if err != nil {
			return nil, lineError(node, "%w", err)
		}
		wanted := map[string]Kind{"!!bool": Bool, "!!int": Number, "!!float": Number, "!!null": Null}[node.Tag]
		if v.Kind() != wanted {
			return nil, lineError(node, "%s is no %s", Extract(node.Value), node.Tag)
		}
		return v, nil
	default:
		return NewString(node.Value), nil
	}
}
