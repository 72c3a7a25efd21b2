package command

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// roomyHeap lets a small heap grow by 32 MiB between collections, and not just to
// twice of what is alive: at a thousand pods a second that was a collection every
// 0.2 s, each of which held up the calls of its moment by milliseconds. Where more
// is alive, Go's own rule allows as much.
type roomyHeap struct{}

// Start follows what is alive until ctx ends.
func (roomyHeap) Start(ctx context.Context) error {
	again := time.NewTicker(10 * time.Second)
	defer again.Stop()
	set := 0
	for {
		if percent := gcPercent(liveHeap()); percent < set*9/10 || percent > set*11/10 {
			debug.SetGCPercent(percent)
			set = percent
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

// gcPercent is the growth, in percent of live bytes, after which to collect.
func gcPercent(live uint64) int {
	const room, least, most = 32 << 20, 100, 800
	if live == 0 {
		return most
	}
	return int(min(max(room*100/live, least), most))
}

// liveHeap is how many bytes the last collection left.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
