// Package shared finds what some tests and benchmarks compare with and what is not
// part of the project: the results of the mesh's own injectors, and reviews that an
// API server sent. It lies in the folder shared beside the checkout.
package shared

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Need returns the path of what has this name among it, and skips the test where it is
// not there. The reason is the same for every name, so that make test has one line for
// all such tests.
func Need(t testing.TB, name string) string {
	t.Helper()
	path, there := Find(t, name)
	if !there {
		t.Skip("SKIPPED: there is no folder ../shared beside the checkout with what they compare with")
	}
	return path
}

// Find returns the path of what has this name among it, and whether it is there.
func Find(t testing.TB, name string) (path string, there bool) {
	t.Helper()
	path = filepath.Join(filepath.Dir(checkout(t)), "shared", filepath.FromSlash(name))
	_, err := os.Stat(path)
	return path, err == nil
}

// checkout is the folder of the program's own module. Tests run in the folder of their
// package, which may be at any depth below it, and in a module of its own.
func checkout(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if module, _, _ := strings.Cut(string(text), "\n"); err == nil && module == "module github.com/outrigger-io/outrigger" {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no module of the program at or above the test's folder")
		}
		dir = parent
	}
}
