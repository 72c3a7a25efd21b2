package manifest

import (
	"bytes"
	"errors"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// What people hand over by mistake, and what to do instead.
var (
	errTemplate = errors.New("this is a template, not a manifest; render it first, e.g. with helm template")
	errSops     = errors.New("this file is encrypted by sops; decrypt it first, with sops --decrypt")
	errVault    = errors.New("this file is encrypted by ansible-vault; decrypt it first, with ansible-vault decrypt")
	errUTF16    = errors.New("this file is UTF-16; save it as UTF-8")
)

// unreadable tells texts that are no YAML, though a parser might take them for it.
func unreadable(text []byte) error {
	switch {
	case bytes.HasPrefix(text, []byte("$ANSIBLE_VAULT;")):
		return errVault
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		return errUTF16
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
