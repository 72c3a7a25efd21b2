package inject_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// BenchmarkExplain explains the six workloads of bookinfo.
func BenchmarkExplain(b *testing.B) {
	sources, err := profiles.Get(profiles.Default)
	if err != nil {
		b.Fatal(err)
	}
	in := compile(b, sources, inject.Options{})
	text, err := os.ReadFile("../../testdata/bookinfo/bookinfo.yaml")
	if err != nil {
		b.Fatal(err)
	}
	var requests []inject.Request
	err = manifest.Rewrite(&bytes.Buffer{}, bytes.NewReader(text), manifest.Options{}, func(w manifest.Workload) (tree.Patch, error) {
		requests = append(requests, inject.Request{
			Pod: w.Pod, Namespace: "shop", Workload: &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Name: w.Name, Namespace: "shop"},
		})
		return nil, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, r := range requests {
			if _, _, err := in.Explain(r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
