package manifest

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What people hand over by mistake, and what to do instead.
var (
	errTemplate = errors.New("this is a template, not a manifest; render it first, e.g. with helm template")
	errSops     = errors.New("this file is encrypted by sops; decrypt it first, with sops --decrypt")
	errVault    = errors.New("this file is encrypted by ansible-vault; decrypt it first, with ansible-vault decrypt")
	errNoText   = errors.New("there is a zero byte in it, so it is no text, or UTF-16; save it as UTF-8")
	errUTF16    = errors.New("this file is UTF-16; save it as UTF-8")
)

// unreadable tells texts that are no YAML, though a parser might take them for it.
func unreadable(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("$ANSIBLE_VAULT;")):
		return errVault
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return errUTF16
	case bytes.IndexByte(text, 0) >= 0:
		return errNoText
	}
	return nil
}

// encrypted tells the metadata that sops leaves in a file.
func encrypted(sops *yaml.Node) bool {
	if sops.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(sops.Content); i += 2 {
		if sops.Content[i].Value == "mac" {
			return true
		}
	}
	return false
}

// helmForm is what only a chart's template has between braces. Braces alone say
// nothing: many programs take Go templates as arguments.
var helmForm = regexp.MustCompile(`\{\{-?\s*(?:[(]?\s*\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|include\s|template\s|tpl\s|toYaml\s)`)

// looksTemplated tells broken YAML that a template would account for: braces that
// begin a line or a value, or have in them what only a chart has. Those in quotes,
// literals and comments are text.
func looksTemplated(text []byte) bool {
	literal := -1 // how deep the key of the literal is that the line may be part of
	for line := range bytes.Lines(text) {
		content := bytes.TrimSpace(line)
		if indent := len(line) - len(bytes.TrimLeft(line, " ")); literal >= 0 && (len(content) == 0 || indent > literal) {
			continue
		} else if literal = -1; literalForm.Match(content) {
			literal = indent
		}
		if !bytes.Contains(content, []byte("{{")) {
			continue
		}
		bare := outsideQuotes(line)
		if templateForm.Match(bare) || helmForm.Match(bare) {
			return true
		}
	}
	return false
}

// literalForm is a line that a literal or folded text begins below.
var literalForm = regexp.MustCompile(`(?:^|[:-] +)[|>][-+0-9]*$`)

// templateForm is where a template's braces break YAML.
var templateForm = regexp.MustCompile(`^[\s-]*\{\{|:\s+\{\{`)

// outsideQuotes is a line less its quoted text and its comment.
func outsideQuotes(line []byte) []byte {
	var bare []byte
	quote := byte(0)
	for i, c := range line {
		begins := i == 0 || strings.IndexByte(" \t[{,", line[i-1]) >= 0
		switch {
		case quote != 0:
			if c == quote && (c == '\'' || line[i-1] != '\\') {
				quote = 0
			}
		case begins && (c == '"' || c == '\''):
			quote = c
		case begins && c == '#':
			return bare
		default:
			bare = append(bare, c)
		}
	}
	return bare
}

// patchError is about what is the part of an object that kustomize lays over another.
type patchError struct{ sign string }

func (e *patchError) Error() string {
	return e.sign + "; is this a patch? build it first, with kustomize build, and inject what comes out"
}

// isWorkloadOfKubernetes tells the kinds whose objects are never whole without a pod
// template that has images: other kinds' controllers may fill them in.
func isWorkloadOfKubernetes(k Kind) bool {
	return k.Group == "apps" || k.Group == "batch" || k.Group == "extensions"
}

// signOfPatch tells objects that are a patch, and not whole.
func (d *document) signOfPatch(object *node, k Kind) error {
	if name := directive(object); name != "" {
		return &patchError{"it has " + name}
	}
	if !isWorkloadOfKubernetes(k) {
		return nil
	}
	containers, _, err := d.descend(object, append(k.Spec[:len(k.Spec):len(k.Spec)], "containers"))
	if err != nil || containers == nil || containers.form != arrayForm || len(containers.entries) == 0 {
		return nil //nolint:nilerr // whoever reads the pod tells more of it
	}
	for _, e := range containers.entries {
		container := deref(e.value)
		if container.form != objectForm {
			return nil
		}
		if _, ok, err := d.lookup(container, "image"); ok || err != nil {
			return nil
		}
	}
	return &patchError{"no container has an image"}
}

// directive is the first key in a value that is one of a strategic merge patch.
func directive(n *node) string {
	for _, e := range n.entries {
		if n.form == objectForm && e.key != nil && e.key.form == scalarForm {
			for _, name := range []string{"$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"} {
				if strings.HasPrefix(e.name(), name) {
					return e.name()
				}
			}
		}
		if name := directive(e.value); name != "" {
			return name
		}
	}
	return ""
}

// templated finds a key or plain scalar with a chart's template in it.
func templated(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.ScalarNode && y.Style == 0 && len(y.Value) > 4 && helmForm.MatchString(y.Value) {
		return y
	}
	for _, child := range y.Content {
		if found := templated(child); found != nil {
			return found
		}
	}
	return nil
}
