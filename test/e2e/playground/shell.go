package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// findPrograms returns the paths of what a person wants at hand, by the names that
// the documentation calls them. That one is missing is an error that says how to
// build it.
func findPrograms() (map[string]string, error) {
	outrigger, err := cluster.Outrigger()
	if err != nil {
		return nil, err
	}
	helm, err := cluster.Helm(4)
	if err != nil {
		return nil, err
	}
	kubernetes, err := cluster.Binaries()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"outrigger":         outrigger,
		"kubectl-outrigger": outrigger,
		"kubectl":           filepath.Join(kubernetes, "kubectl"),
		"helm":              helm,
	}, nil
}

// shell runs commands in the repository as the cluster's administrator, and shows
// them with what they print.
type shell struct {
	bin        string // the folder with the programs
	repository string
	env        []string
	out        io.Writer
}

func newShell(programs map[string]string, dir, kubeconfig string, out io.Writer) (*shell, error) {
	s := &shell{bin: filepath.Join(dir, "bin"), out: out}
	if err := os.Mkdir(s.bin, 0o755); err != nil {
		return nil, err
	}
	for name, path := range programs {
		if err := os.Symlink(path, filepath.Join(s.bin, name)); err != nil {
			return nil, err
		}
	}
	var err error
	if s.repository, err = cluster.Repository(); err != nil {
		return nil, err
	}
	s.env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PATH="+s.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, folder := range []string{"CACHE", "CONFIG", "DATA"} { // nothing of the person's own
		s.env = append(s.env, "HELM_"+folder+"_HOME="+filepath.Join(dir, "helm"))
	}
	return s, nil
}

// do runs commands, each of words without quotes, until one fails.
func (s *shell) do(ctx context.Context, commands ...string) error {
	for _, command := range commands {
		fmt.Fprintf(s.out, "\n$ %s\n", command)
		words := strings.Fields(command)
		c := exec.CommandContext(ctx, filepath.Join(s.bin, words[0]), words[1:]...)
		var stderr bytes.Buffer
		c.Dir, c.Env, c.Stdout, c.Stderr = s.repository, s.env, s.out, &stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(stderr.String()))
		}
	}
	return nil
}
