package integrations_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// bin holds a folder of programs for each way to render, so that the two that are
// both called helm do not meet.
var bin string

// programs are the packages to build, by their place in bin.
var programs = map[string]string{
	"outrigger/outrigger": "./cmd/outrigger",
	"helm4/helm":          "helm.sh/helm/v4/cmd/helm",
	"helm3/helm":          "helm.sh/helm/v3/cmd/helm",
	"kustomize/kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
	"kubectl/kubectl":     "./kubectl",
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withPrograms(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withPrograms(run func() int) (code int, err error) {
	if bin, err = os.MkdirTemp("", "integrations"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(bin)
	for name, source := range programs {
		build := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(bin, name), source)
		if name == "outrigger/outrigger" {
			build.Dir = root
		}
		if text, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("building %s: %w\n%s", name, err, text)
		}
	}
	return run(), nil
}
