package inject_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// BenchmarkCompile is what a start of the command, and a change of the
// configuration, costs: of the conformance cases' default configuration where it
// is here, else of the engine's own testdata.
func BenchmarkCompile(b *testing.B) {
	sources := testSources(b)
	if folder, there := shared.Find(b, "conformance/current/configs/default"); there {
		var err error
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
