package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Binaries returns the absolute path of bin/k8s, which holds the control plane
// and kubectl. A program that is missing there is an error that says how to
// build it: a test without a control plane has proven nothing and must fail.
func Binaries() (string, error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "bin", "k8s")
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			return "", fmt.Errorf("%w; build it with %s (about ten minutes the first time)",
				err, filepath.Join(root, "test", "e2e", "build.sh"))
		}
	}
	return bin, nil
}

// Outrigger returns the absolute path of bin/outrigger, the program under test, or of
// the one that OUTRIGGER names: `make race-e2e` has one that looks for data races. That
// it is missing is an error that says how to build it.
func Outrigger() (string, error) {
	if path := os.Getenv("OUTRIGGER"); path != "" {
		_, err := os.Stat(path)
		return path, err
	}
	return built("outrigger", "build")
}

// Helm returns the absolute path of Helm 3 or 4. That it is missing is an error
// that says how to build it.
func Helm(version int) (string, error) { return built(fmt.Sprintf("helm%d", version), "helm") }

func built(program, target string) (string, error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "bin", program)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w; build it with `make %s` in %s", err, target, root)
	}
	return path, nil
}

// Repository finds the root of the repository from the working folder, which
// for tests is that of their package.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for from := dir; ; {
		_, err := os.Stat(filepath.Join(dir, "test", "e2e", "build.sh"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%s is not inside the repository: no folder above it has test/e2e/build.sh", from)
		}
		dir = parent
	}
}
