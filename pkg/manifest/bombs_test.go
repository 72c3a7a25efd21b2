package manifest_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestBombsInManifests: a manifest may come from anybody.
func TestBombsInManifests(t *testing.T) {
	none := func(manifest.Workload) (tree.Patch, error) { return nil, nil }
	for bomb, text := range podtest.Bombs {
		for _, in := range []string{text, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\nx:\n  " + strings.ReplaceAll(text, "\n", "\n  ")} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = manifest.Rewrite(io.Discard, strings.NewReader(in), manifest.Options{}, none)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 150<<20 {
				t.Errorf("%s: %d MB", bomb, got>>20)
			}
		}
	}
}
