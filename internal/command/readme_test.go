package command

import (
	"bytes"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/reference"
)

// TestReferenceOfExplain holds README.md's example of `outrigger explain` against what
// the command prints.
func TestReferenceOfExplain(t *testing.T) {
	const line = "outrigger explain -f testdata/golden/deployment/input.yaml --field spec.containers[istio-proxy].image"
	t.Chdir("../..")
	var out bytes.Buffer
	root := newRootCommand()
	root.SetOut(&out)
	root.SetArgs(strings.Fields(line)[1:])
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	shown := strings.NewReplacer("--field ", "--field '").Replace(line) + "'"
	reference.Hold(t, *update, "README.md", "explain", "```\n$ "+shown+"\n"+out.String()+"```\n")
}
