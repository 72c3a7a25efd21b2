package webhook

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/internal/reviews"
	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

var updateCosts = flag.Bool("update-costs", false, "write what calls cost now to testdata/costs.json")

// guarded is a call whose cost is known.
type guarded struct {
	name    string
	sources inject.Sources
	body    []byte
	next    func([]byte, int) []byte
	// roundTrips are as many as it may take.
	roundTrips float64
}

// TestCostsStayDown guards what a call costs: not 25% more allocations than
// testdata/costs.json says, and not twice the round trips that it may take. Time
// is the processor's, and only ever measured against other work in the same moment.
func TestCostsStayDown(t *testing.T) {
	sources, bodies := benchInput(t)
	var calls []guarded
	for _, name := range reviewNames(bodies) {
		body := bodies[name]
		calls = append(calls,
			guarded{name + ", replica", sources, body, reviews.Replica, 0.8},
			guarded{name + ", again", sources, injectedReview(t, sources, body), reviews.Replica, 0.8},
			guarded{name + ", first sight", sources, body, reviews.OtherWorkload, 2.5})
	}
	guardCosts(t, calls)
}

// TestCostsOfFormatsStayDown is the same of first sights with the largest configuration
// of each format, of the pod that has the least to read.
func TestCostsOfFormatsStayDown(t *testing.T) {
	const pod = "pod-bare"
	body := capturedReviews(t, shared.Need(t, "admission-reviews"))[pod]
	var calls []guarded
	for _, f := range formatsByAge(t) {
		calls = append(calls, guarded{f.name + ", " + pod + ", first sight", f.sources, body, reviews.OtherWorkload, 3.5})
	}
	guardCosts(t, calls)
}

func guardCosts(t *testing.T, calls []guarded) {
	if testing.Short() {
		t.Skip("takes a few seconds")
	}
	file := filepath.Join("testdata", "costs.json")
	known := map[string]float64{} // allocations
	if err := json.Unmarshal(readFile(t, file), &known); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		allocations, roundTrips := c.cost(t)
		t.Logf("%s: %.0f allocations, %.2f RT", c.name, allocations, roundTrips)
		before, ok := known[c.name]
		switch {
		case *updateCosts:
			known[c.name] = allocations
		case !ok:
			t.Errorf("%s is not in %s; -update-costs adds it", c.name, file)
		case allocations > 1.25*before:
			t.Errorf("%s: %.0f allocations, and it was %.0f", c.name, allocations, before)
		}
		if roundTrips > 2*c.roundTrips {
			t.Errorf("%s: %.2f round trips, want at most %.1f", c.name, roundTrips, 2*c.roundTrips)
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

// cost makes the call many times, each with a body of its own.
func (c *guarded) cost(t *testing.T) (allocations, roundTrips float64) {
	call := newBenchHandler(t, c.sources).caller(t)
	call(c.body)
	const calls, rounds = 32, 15
	batch, at := batchOf(c.body, 1, calls+1, c.next), -1
	allocations = testing.AllocsPerRun(calls, func() { at++; call(batch[at]) })
	var ratios []float64
	for round := range rounds {
		batch := batchOf(c.body, 1000+round*calls, calls, c.next)
		yardstick := clocked(batch, func(body []byte) { roundTrip(t, body) }).processor
		ratios = append(ratios, clocked(batch, func(body []byte) { call(body) }).processor/yardstick)
	}
	// Other work on the machine disturbs some rounds; a call that costs too much does
	// so in nearly all.
	slices.Sort(ratios)
	return allocations, ratios[rounds/4]
}
