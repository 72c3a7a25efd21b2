package conformance

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/internal/reference"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

var update = flag.Bool("update", false, "write README.md's table of releases anew")

// TestReleases runs the golden files of all releases from 1.1 on through the engine and
// the text, with the ConfigMaps of each, and prints by release how many agree.
//
// README.md shows the counts, by the format that each configuration was found to be of.
func TestReleases(t *testing.T) {
	namespaces := conformance.ReleaseNamespaces(t)
	counts := map[string][2]int{}
	for _, release := range conformance.Releases(t) {
		t.Run(release, func(t *testing.T) {
			compiled := map[string]*inject.Injector{}
			agree, cases := 0, conformance.ReleaseCases(t, release)
			for _, c := range cases {
				if t.Run(c.Name(), func(t *testing.T) {
					key := c.Config + c.Platform
					if compiled[key] == nil {
						compiled[key] = c.Injector(t, c.ReleaseSources(t), "")
					}
					releaseCase(t, c, compiled[key], namespaces)
				}) {
					agree++
				}
			}
			t.Logf("%s: %d of %d agree", release, agree, len(cases))
			for _, in := range compiled {
				n := counts[in.Format()]
				counts[in.Format()] = [2]int{n[0] + agree, n[1] + len(cases)}
				break // all configurations of a release are of one format
			}
		})
	}
	var rows [][]string
	for _, format := range slices.Backward(inject.Formats()) {
		if n := counts[format]; n[1] > 0 {
			rows = append(rows, []string{format, fmt.Sprintf("%d of %d", n[0], n[1])})
		}
	}
	reference.Hold(t, *update, "../../README.md", "releases", reference.Table([]string{"Releases", "Golden files that agree"}, rows))
}

func releaseCase(t *testing.T, c *conformance.Case, in *inject.Injector, namespaces map[string]map[string]string) {
	var out bytes.Buffer
	input := conformance.Read(t, c.File("input.yaml"))
	err := manifest.Rewrite(&out, bytes.NewReader(input), manifest.Options{File: "input.yaml"}, func(w manifest.Workload) (tree.Patch, error) {
		result, err := in.Inject(inject.Request{
			Pod: w.Pod, Namespace: w.Namespace, NativeSidecars: c.NativeSidecars, Earlier: inject.ReplaceEarlier,
			Workload:             &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name},
			NamespaceAnnotations: namespaces[w.Namespace],
		})
		return result.Patch, err
	})
	switch {
	case c.Error != "" && err == nil:
		t.Errorf("injected, want it refused: %s", c.Error)
	case c.Error != "":
	case err != nil:
		t.Error(err)
	default:
		if d := conformance.FirstDifference(t, conformance.Read(t, c.File("expected.yaml")), out.Bytes()); d != "" {
			t.Error(d)
		}
	}
}
