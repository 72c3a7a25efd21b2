package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

var errNoted = errors.New("noted")

// decoded is a text read as YAML.
type decoded struct {
	root *yaml.Node // nil where there is nothing but comments
	err  error
	line int // of the text, where err is
}

// decode reads one document.
func decode(text []byte) *decoded {
	if err := unreadable(text); err != nil {
		return &decoded{err: err, line: 1}
	}
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return &decoded{}
	}
	if err == nil {
		err = decoder.Decode(&more)
		if err == nil {
			return &decoded{err: errors.New("a document separator behind a lone carriage return or another unusual line break"), line: more.Line}
		}
	}
	if errors.Is(err, io.EOF) {
		return &decoded{root: doc.Content[0]}
	}
	return yamlError(text, err)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func yamlError(text []byte, err error) *decoded {
	line, message := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		message = message[len(m[0]):]
	}
	if bytes.Contains(text, []byte("{{")) {
		return &decoded{err: fmt.Errorf("%w (YAML: %s)", errTemplate, message), line: line}
	}
	return &decoded{err: fmt.Errorf("broken YAML: %s", message), line: line}
}

// read makes of the document at hand, read as YAML, one that can be changed. It
// returns nil for one that has no workloads, and an error where one was noted.
func (rw *rewriter) read(y *decoded) (*document, error) {
	if y.err != nil {
		rw.failLine(rw.line+y.line-1, "", y.err)
		return nil, errNoted
	}
	root := y.root
	if root == nil {
		return nil, nil
	}
	before := len(rw.errs)
	rw.check(root)
	if len(rw.errs) > before {
		return nil, errNoted
	}
	if root.Kind != yaml.MappingNode {
		return nil, nil
	}
	holds := rw.mayHold(root)
	if len(rw.errs) > before {
		return nil, errNoted
	}
	if !holds {
		return nil, nil
	}
	if y := templated(root); y != nil && rw.list == nil {
		rw.failLine(rw.line+y.Line-1, "", errTemplate)
		return nil, errNoted
	}
	d, err := place(rw.text, root, &rw.arena)
	if err != nil {
		rw.failLine(rw.line+root.Line-1, "", err)
		return nil, errNoted
	}
	return d, nil
}

// check notes what is wrong in any document, one with workloads or not.
func (rw *rewriter) check(y *yaml.Node) {
	if y.Kind == yaml.MappingNode {
		rw.checkKeys(y)
	}
	for _, child := range y.Content {
		if child.Kind == yaml.MappingNode || child.Kind == yaml.SequenceNode {
			rw.check(child)
		}
	}
}

func (rw *rewriter) checkKeys(y *yaml.Node) {
	var seen names
	for i := 0; i < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 && y.Style&yaml.FlowStyle != 0 {
			rw.failLine(rw.line+key.Line-1, "", errTemplate)
			return
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
			rw.failLine(rw.line+y.Content[i].Line-1, "", fmt.Errorf("duplicate key %q", clip(name)))
		}
	}
}

// mayHold tells whether a document may have workloads, by its kind.
func (rw *rewriter) mayHold(root *yaml.Node) bool {
	var apiVersion, kind string
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch key.Value {
		case "apiVersion":
			apiVersion = value.Value
		case "kind":
			kind = value.Value
		case "<<":
			return true
		case "sops":
			if encrypted(value) {
				rw.failLine(rw.line+key.Line-1, "", errSops)
				return false
			}
		}
	}
	return rw.holds(apiVersion, kind)
}
