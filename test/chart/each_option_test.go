package chart_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/test/chart"
)

type values = map[string]any

// eachServer runs a test for every installation that has replicas in the cluster.
func eachServer(t *testing.T, test func(t *testing.T, r chart.Release, rendered *chart.Rendered)) {
	t.Helper()
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		if serverElsewhere(r) == "" {
			test(t, r, rendered)
		}
	})
}

// serverElsewhere is the URL that is called in place of replicas in the cluster.
func serverElsewhere(r chart.Release) string {
	settings, _ := r.Values["webhook"].(values)
	url, _ := settings["url"].(string)
	return url
}

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
