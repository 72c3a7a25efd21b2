package configuration

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// valueRead is where a configuration's templates read a value.
type valueRead struct {
	// path is as the template has it, such as .Values.global.hub.
	path string
	// template is the key of the template, empty where that cannot be told.
	template string
	// begins is the line of the configuration that has the key.
	begins int
	// line is counted in the template's text.
	line int
}

// String says it for people, with the template's place in the configuration: its own
// lines are counted from there.
func (r valueRead) String() string {
	if r.template == "" {
		return "its templates read " + r.path
	}
	return fmt.Sprintf("its templates read %s (line %d of the template at %s:%d)", r.path, r.line, r.template, r.begins)
}

// readsValue is an action of a template, of whichever delimiters, that is no comment and
// has .Values in it.
var readsValue = regexp.MustCompile(`(?:\{\{|\[\[)-?\s*(?:[^/\s}\]][^}\]]*?)?(\.Values\b[\w.]*)`)

// firstValueRead finds the first of the values that a configuration's templates read;
// nil where they read none.
func firstValueRead(config []byte) *valueRead {
	found := readsValue.FindSubmatch(config)
	if found == nil {
		return nil
	}
	somewhere := &valueRead{path: string(found[1])}
	var document yaml.Node
	if err := yaml.Unmarshal(config, &document); err != nil || len(document.Content) == 0 {
		return somewhere // what is wrong with it is said where it is compiled
	}
	for key, value := range pairs(document.Content[0]) {
		if key.Value == "template" {
			if read := readIn(key, value); read != nil {
				return read
			}
		}
		if key.Value == "templates" {
			for key, value := range pairs(value) {
				if read := readIn(key, value); read != nil {
					return read
				}
			}
		}
	}
	return somewhere
}

func readIn(key, template *yaml.Node) *valueRead {
	at := readsValue.FindStringSubmatchIndex(template.Value)
	if at == nil {
		return nil
	}
	before, path := template.Value[:at[2]], template.Value[at[2]:at[3]]
	return &valueRead{path, key.Value, key.Line, 1 + strings.Count(before, "\n")}
}

// pairs are the keys and values of a mapping.
func pairs(mapping *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if mapping.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}
