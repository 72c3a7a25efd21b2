package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

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
	decoder := yaml.NewDecoder(bytes.NewReader(append(text[:len(text):len(text)], lentBreak(text)...)))
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

// lentBreak is the line break that a text lacks at its end. Kubernetes reads lines,
// so that to it a literal there ends in one.
func lentBreak(text []byte) string {
	if len(text) == 0 || text[len(text)-1] == '\n' || text[len(text)-1] == '\r' {
		return ""
	}
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
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
	if looksTemplated(text) {
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
	var c checks
	if at := c.look(root); at > 0 {
		rw.failLine(rw.line+at-1, "", errTemplate)
		return nil, errNoted
	}
	if root.Kind != yaml.MappingNode {
		rw.warnOfDuplicates(headOf(root), c.duplicates)
		return nil, nil
	}
	head := headOf(root)
	holds := rw.mayHold(head)
	if !holds && !mayBeWorkload(root, head) {
		rw.warnOfDuplicates(head, c.duplicates)
		return nil, nil
	}
	if y := templated(root); y != nil && holds && rw.list == nil {
		rw.failLine(rw.line+y.Line-1, "", errTemplate)
		return nil, errNoted
	}
	lent := lentBreak(rw.text)
	d, err := place(append(rw.text[:len(rw.text):len(rw.text)], lent...), root, rw.arena)
	switch {
	case err == nil:
		d.lent = len(lent)
		d.head, d.duplicates = head, c.duplicates
		return d, nil
	case !holds:
		rw.warnOfDuplicates(head, c.duplicates)
		return nil, nil // it is not to be edited
	default:
		rw.failLine(rw.line+root.Line-1, "", err)
		return nil, errNoted
	}
}

// head is what the first levels of a document says of it.
type head struct {
	apiVersion, kind, namespace, name string
	// sops is the line of the text with what sops leaves in files, 0 for none.
	sops int
	// merges is set where a merge key may say something else.
	merges bool
}

func headOf(root *yaml.Node) head {
	var h head
	for key, value := range pairs(root) {
		switch key.Value {
		case "apiVersion":
			h.apiVersion = value.Value
		case "kind":
			h.kind = value.Value
		case "metadata":
			for key, value := range pairs(value) {
				switch key.Value {
				case "name":
					h.name = value.Value
				case "namespace":
					h.namespace = value.Value
				}
			}
		case "<<":
			h.merges = true
		case "sops":
			if encrypted(value) {
				h.sops = key.Line
			}
		}
	}
	return h
}

// pairs goes through the members of a mapping, and nothing else.
func pairs(y *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		if y.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(y.Content); i += 2 {
			value := y.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			if !yield(y.Content[i], value) {
				return
			}
		}
	}
}

// mayHold tells whether a document may have workloads, by its kind.
func (rw *rewriter) mayHold(h head) bool {
	return h.merges || rw.holds(h.apiVersion, h.kind) || h.sops > 0 && strings.HasPrefix(h.kind, "ENC[")
}
