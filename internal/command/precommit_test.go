package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestHooksOfPreCommit holds that each hook calls this program by the name that
// `go install` gives it, with arguments that it understands.
func TestHooksOfPreCommit(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID    string   `json:"id"`
		Entry string   `json:"entry"`
		Args  []string `json:"args"`
	}
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) == 0 {
		t.Fatalf("%d hooks: %v", len(hooks), err)
	}
	// What the hooks name unless a repository says otherwise.
	repository := map[string]string{"injection": "../../testdata/golden", "manifests": "../../testdata/bookinfo"}
	for _, hook := range hooks {
		t.Run(hook.ID, func(t *testing.T) {
			program, command, _ := strings.Cut(hook.Entry, " ")
			if _, err := os.Stat(filepath.Join("../../cmd", program)); err != nil {
				t.Errorf("it calls %s, which go install does not make: %v", program, err)
			}
			args := strings.Fields(command)
			for _, arg := range hook.Args {
				if dir, ok := repository[arg]; ok {
					arg = dir
				}
				args = append(args, arg)
			}
			root := newRootCommand()
			root.SetArgs(args)
			root.SetOut(&bytes.Buffer{})
			root.SetErr(&bytes.Buffer{})
			if err := root.Execute(); err != nil {
				t.Errorf("outrigger %s: %v", strings.Join(args, " "), err)
			}
		})
	}
}
