package webhook

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// heap says how much garbage may gather before Go collects it: as much as keeps calls
// quick, and no more than suits the size of what is worked on.
//
// A small heap may grow by 7 MiB, and not just to twice of what is alive: at a thousand
// pods a second that was a collection every 0.2 s, each of which held up the calls of its
// moment by milliseconds. More costs memory, and saves no processor time. While large
// bodies are worked on it is in proportion to their size, so that none takes much more
// than what it needs to have alive.
type heap struct {
	mu        sync.Mutex
	large     int64 // bytes of the large bodies that are worked on
	percent   int
	follows   bool // else the percentage is somebody else's
	collected chan struct{}
}

func newHeap() *heap { return &heap{collected: make(chan struct{}, 1)} }

// Start follows what is alive until ctx ends. A percentage that somebody has set stays.
func (h *heap) Start(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	h.mu.Lock()
	h.follows = true
	h.mu.Unlock()
	for {
		h.works(0)
		h.awaitCollection()
		select {
		case <-ctx.Done():
			return nil
		case <-h.collected:
		}
	}
}

// awaitCollection has h.collected told of the next collection: it frees what nothing
// holds on to.
func (h *heap) awaitCollection() {
	garbage := new(struct{ large [64]byte })
	runtime.AddCleanup(garbage, func(collected chan struct{}) {
		select {
		case collected <- struct{}{}:
		default:
		}
	}, h.collected)
}

// works says that so many more bytes of large bodies are worked on.
func (h *heap) works(more int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.large += more
	if !h.follows {
		return
	}
	if percent := gcPercent(liveHeap(), h.large); percent < h.percent*9/10 || percent > h.percent*11/10 {
		debug.SetGCPercent(percent)
		h.percent = percent
	}
}

const (
	usualGarbage = 7 << 20
	leastGarbage = 6 << 20
	mostGarbage  = 32 << 20
	// heavyWork is from when on it is kept small: collecting often has others wait.
	heavyWork = 256 << 10
	// garbageOfWork is how many times the size of a large body may gather beside it.
	garbageOfWork = 10
)

// gcPercent is the growth, in percent of live bytes, after which to collect while so
// many bytes of large bodies are worked on.
func gcPercent(live uint64, large int64) int {
	garbage, least, most := int64(usualGarbage), int64(50), int64(800)
	if large >= heavyWork {
		garbage, least = min(max(garbageOfWork*large, leastGarbage), mostGarbage), 20
	}
	if live == 0 {
		return int(most)
	}
	return int(min(max(garbage*100/int64(live), least), most))
}

// liveHeap is how many bytes the last collection left.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
