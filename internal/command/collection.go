package command

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How many bytes of garbage gather before it is collected, whatever is alive. A small
// heap is not gone through all the time, as it would be by Go's rule, and beside a
// document that fills the memory no more gathers than beside others. A run over a
// thousand workloads stays small; the longer one takes, the more its processor time
// counts, so that every few collections one more MiB may gather.
const (
	garbageAtFirst = 6 << 20
	garbageAtLast  = 20 << 20
	untilOneMore   = 8
)

// tuneCollection has garbage collected by that. A percentage that somebody has set stays.
func tuneCollection() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent(0, 0))
		afterCollection(1)
	}
}

// afterCollection goes by what each collection leaves.
func afterCollection(collections uint64) {
	runtime.AddCleanup(new(struct{ large [64]byte }), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(gcPercent(live[0].Value.Uint64(), collections))
		afterCollection(collections + 1)
	}, struct{}{})
}

// gcPercent is the growth in percent after which to collect.
func gcPercent(live, collections uint64) int {
	const smallestHeap, least = 4 << 20, 15 // Go reckons with no less alive
	garbage := min(garbageAtFirst+collections/untilOneMore<<20, garbageAtLast)
	return max(int(garbage*100/max(live, smallestHeap)), least)
}
