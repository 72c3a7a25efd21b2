package chart

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

const readmeHeader = `# Outrigger's chart

    helm install outrigger deploy/chart --namespace outrigger-system --create-namespace --wait

[docs/install.md](../../docs/install.md) explains the options, upgrades and uninstallation, and
[docs/operations.md](../../docs/operations.md) explains the alerts. The chart requires Kubernetes 1.30 or newer, and works with Helm 3 and 4.
The tests run it on a real API server of version 1.37.

## Values

This table is generated from the comments in [values.yaml](values.yaml) by ` + "`make manifests`" + `.

| Value | Default | Meaning |
| --- | --- | --- |
`

// Readme is the chart's README, with a row for every value.
func Readme() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(Dir(), "values.yaml"))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("values.yaml: %w", err)
	}
	var rows strings.Builder
	if err := describe(&rows, "", document.Content[0]); err != nil {
		return nil, err
	}
	return []byte(readmeHeader + rows.String()), nil
}

// describe writes a row for every value of a mapping. What a comment says of a
// mapping with values of its own stands in a row without a default.
func describe(rows *strings.Builder, prefix string, mapping *yaml.Node) error {
	var faults []error
	for i := 0; i < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		path := prefix + key.Value
		meaning := comment(key)
		described := value.Kind != yaml.MappingNode || len(value.Content) == 0 || comment(value.Content[0]) == ""
		switch {
		case meaning == "":
			faults = append(faults, fmt.Errorf("values.yaml:%d: %s has no comment", key.Line, path))
		case described:
			written, err := oneLine(value)
			if err != nil {
				return err
			}
			fmt.Fprintf(rows, "| `%s` | `%s` | %s |\n", path, written, meaning)
		default:
			fmt.Fprintf(rows, "| **`%s`** | | %s |\n", path, meaning)
			faults = append(faults, describe(rows, path+".", value))
		}
	}
	return errors.Join(faults...)
}

// comment is what stands above a key, as one line of Markdown.
func comment(key *yaml.Node) string {
	var words []string
	for line := range strings.Lines(key.HeadComment) {
		words = append(words, strings.Fields(strings.TrimPrefix(line, "#"))...)
	}
	return strings.ReplaceAll(strings.Join(words, " "), "|", `\|`)
}

func oneLine(value *yaml.Node) (string, error) {
	value.HeadComment, value.LineComment, value.FootComment = "", "", ""
	flow := *value
	if flow.Kind != yaml.ScalarNode {
		flow.Style = yaml.FlowStyle
	}
	text, err := yaml.Marshal(&flow)
	return strings.TrimSpace(string(text)), err
}
