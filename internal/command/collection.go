package command

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbage is how many bytes of it gather before it is collected, whatever is alive. A few
// manifests are done before, and among many a small heap is not gone through all the
// time, as it would be by Go's rule; of a document that fills the memory no more gathers
// beside it than beside others.
const garbage = 20 << 20

// tuneCollection has garbage collected by that. A percentage that somebody has set stays.
func tuneCollection() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent(0))
		afterCollection()
	}
}

// afterCollection goes by what each collection leaves.
func afterCollection() {
	runtime.AddCleanup(new(struct{ large [64]byte }), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(gcPercent(live[0].Value.Uint64()))
		afterCollection()
	}, struct{}{})
}

// gcPercent is the growth in percent after which to collect.
func gcPercent(live uint64) int {
	const smallestHeap, least = 4 << 20, 15 // Go reckons with no less alive
	return max(int(garbage*100/max(live, smallestHeap)), least)
}
