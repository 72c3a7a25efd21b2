package chart_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/test/chart"
)

type values = map[string]any

// eachOption runs a test for every installation.
func eachOption(t *testing.T, test func(t *testing.T, r chart.Release, rendered *chart.Rendered)) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(chart.Options)) {
		t.Run(name, func(t *testing.T) {
			rendered, err := chart.Render(chart.Options[name])
			if err != nil {
				t.Fatal(err)
			}
			test(t, chart.Options[name], rendered)
		})
	}
}
