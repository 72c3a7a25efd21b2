package validation

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestGoldens injects the inputs of the golden cases by the embedded profiles.
func TestGoldens(t *testing.T) {
	for _, name := range []string{"istio", "istio-1.0"} {
		in := profileInjector(t, name)
		checked := 0
		err := filepath.WalkDir(filepath.Join("..", "..", "testdata"), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, "input.yaml") && !strings.HasSuffix(path, "bookinfo.yaml") {
				return err
			}
			for _, r := range (&conformance.Case{}).Templates(t, conformance.Read(t, path)) {
				for _, r.NativeSidecars = range []bool{false, true} {
					checked++
					if err := passes(t, in, r); err != nil {
						t.Errorf("%s: %v", path, err)
					}
				}
			}
			return nil
		})
		if err != nil || checked == 0 {
			t.Fatalf("%d pods, %v", checked, err)
		}
		t.Logf("%s: %d pods", name, checked)
	}
}

func profileInjector(t *testing.T, name string) *inject.Injector {
	t.Helper()
	sources, err := profiles.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	in, err := inject.Compile(sources, inject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return in
}
