package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// document runs the commands of a document as they stand in it: with kubectl and
// helm in the PATH and the repository's folders beside it.
type document struct {
	text string
	dir  string // where the commands run
	env  []string
}

func openDocument(t *testing.T, name string, helm int) *document {
	t.Helper()
	root, err := cluster.Repository()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	binaries, err := cluster.Binaries()
	if err != nil {
		t.Fatal(err)
	}
	theHelm, err := cluster.Helm(helm)
	if err != nil {
		t.Fatal(err)
	}
	d := &document{text: string(text), dir: t.TempDir()}
	programs := t.TempDir()
	for link, target := range map[string]string{
		filepath.Join(d.dir, "deploy"):     filepath.Join(root, "deploy"),
		filepath.Join(programs, "helm"):    theHelm,
		filepath.Join(programs, "kubectl"): filepath.Join(binaries, "kubectl"),
	} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	d.env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "KUBECONFIG="+shared.Kubeconfig(), "KUBECACHEDIR="+home,
		"KUBERC=off", "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	return d
}

// follow runs the commands below a heading, up to the next one, and returns what
// they printed.
func (d *document) follow(t *testing.T, heading string) string {
	t.Helper()
	_, section, found := strings.Cut(d.text, "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n#")
	var commands strings.Builder
	for line := range strings.Lines(section) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			commands.WriteString(command)
		}
	}
	if !found || commands.Len() == 0 {
		t.Fatalf("the document has no commands below %q", heading)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-euc", commands.String())
	shell.Dir, shell.Env = d.dir, d.env
	var stderr strings.Builder
	shell.Stderr = &stderr
	printed, err := shell.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s\nof the commands\n%s", heading, err, printed, stderr.String(), commands.String())
	}
	return string(printed)
}
