package chart

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// PlainFile and ReadmeFile are the files that are made of the chart, from the
// repository's folder.
const (
	PlainFile  = "deploy/manifests/outrigger.yaml"
	ReadmeFile = "deploy/chart/README.md"
)

const plainHeader = `# Outrigger, with the values that the Helm chart starts with. Made from deploy/chart: change it there.
#
# What sends pods comes first, so that kubectl delete takes it away before what answers.
`

var plainNamespace = Manifest{Kind: "Namespace", YAML: `apiVersion: v1
kind: Namespace
metadata:
  name: outrigger-system
  labels:
    app.kubernetes.io/name: outrigger
    pod-security.kubernetes.io/enforce: restricted
`}

// helms are the labels and comments that say that Helm keeps an object.
var helms = regexp.MustCompile(`(?m)^\s*(app\.kubernetes\.io/managed-by: Helm|helm\.sh/chart: .*|# Source: .*)\n`)

// Plain is the chart for kubectl apply, with its namespace.
func Plain() ([]byte, error) {
	rendered, err := Render(Release{})
	if err != nil {
		return nil, err
	}
	var sending, rest []Manifest
	for _, m := range rendered.Manifests {
		if m.Kind == "MutatingWebhookConfiguration" {
			sending = append(sending, m)
		} else {
			rest = append(rest, m)
		}
	}
	rendered.Manifests = slices.Concat(sending, []Manifest{plainNamespace}, rest)
	var b bytes.Buffer
	b.WriteString(plainHeader)
	for line := range strings.Lines(helms.ReplaceAllString(string(rendered.YAML()), "")) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.Bytes(), nil
}
