package conformance

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// LargestOfFormats is the largest configuration of each format, by the format's name.
func LargestOfFormats(t testing.TB) map[string]inject.Sources {
	t.Helper()
	sources := map[string]inject.Sources{}
	for _, release := range Releases(t) {
		s := ReleaseCases(t, release)[0].ReleaseSources(t) // all of a release are of one format
		in, err := inject.Compile(s, inject.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if SourcesSize(s) > SourcesSize(sources[in.Format()]) {
			sources[in.Format()] = s
		}
	}
	return sources
}

// SourcesSize is the size of a configuration's texts in bytes.
func SourcesSize(s inject.Sources) int { return len(s.Config) + len(s.Values) + len(s.Mesh) }
