package webhook

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/internal/reviews"
)

var updateCosts = flag.Bool("update-costs", false, "write what calls cost now to testdata/costs.json")

// TestCostsStayDown guards what a call costs: not 25% more allocations than
// testdata/costs.json says, and not twice the round trips that it may take. Time
// is the processor's, and only ever measured against other work in the same moment.
func TestCostsStayDown(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	file := filepath.Join("testdata", "costs.json")
	known := map[string]float64{} // allocations
	if err := json.Unmarshal(readFile(t, file), &known); err != nil {
		t.Fatal(err)
	}
	sources, bodies := benchInput(t)
	for _, name := range reviewNames(bodies) {
		for _, kind := range []struct {
			name       string
			body       []byte
			next       func([]byte, int) []byte
			roundTrips float64
		}{
			{"replica", bodies[name], reviews.Replica, 2 * 0.8},
			{"again", injectedReview(t, sources, bodies[name]), reviews.Replica, 2 * 0.8},
			{"first sight", bodies[name], reviews.OtherWorkload, 2 * 5},
		} {
			key := name + ", " + kind.name
			call := newBenchHandler(t, sources).caller(t)
			call(kind.body)
			const calls, rounds = 32, 15
			batch, at := batchOf(kind.body, 1, calls+1, kind.next), -1
			allocations := testing.AllocsPerRun(calls, func() { at++; call(batch[at]) })
			var ratios []float64
			for round := range rounds {
				batch := batchOf(kind.body, 1000+round*calls, calls, kind.next)
				yardstick := clocked(batch, func(body []byte) { roundTrip(t, body) }).processor
				ratios = append(ratios, clocked(batch, func(body []byte) { call(body) }).processor/yardstick)
			}
			// Other work on the machine disturbs some rounds; a call that costs too
			// much does so in nearly all.
			slices.Sort(ratios)
			roundTrips := ratios[rounds/4]
			t.Logf("%s: %.0f allocations, %.2f RT", key, allocations, roundTrips)
			before, ok := known[key]
			switch {
			case *updateCosts:
				known[key] = allocations
			case !ok:
				t.Errorf("%s is not in %s; -update-costs adds it", key, file)
			case allocations > 1.25*before:
				t.Errorf("%s: %.0f allocations, and it was %.0f", key, allocations, before)
			}
			if roundTrips > kind.roundTrips {
				t.Errorf("%s: %.2f round trips, want at most %.1f", key, roundTrips, kind.roundTrips)
			}
		}
	}
	if *updateCosts {
		text, err := json.MarshalIndent(known, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
