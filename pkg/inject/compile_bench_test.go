package inject_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// BenchmarkCompile is what a start of the command, and a change of the
// configuration, costs: of the conformance cases' default configuration where it
// is here, else of the engine's own testdata.
func BenchmarkCompile(b *testing.B) {
	sources := testSources(b)
	folder := os.Getenv("CONFORMANCE_DIR")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	folder = filepath.Join(folder, "current", "configs", "default")
	if _, err := os.Stat(folder); err == nil {
		for into, name := range map[*[]byte]string{&sources.Config: "config.yaml", &sources.Values: "values.json", &sources.Mesh: "mesh.yaml"} {
			if *into, err = os.ReadFile(filepath.Join(folder, name)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := inject.Compile(sources, inject.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
