package webhook

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestGCPercent(t *testing.T) {
	for _, test := range []struct {
		name  string
		live  uint64
		large int64
		want  int
	}{
		{"nothing was collected yet", 0, 0, 800},
		{"a server that has just begun", 700 << 10, 0, 800},
		{"a small cluster", 2 << 20, 0, 350},
		{"as much as there is room", 10 << 20, 0, 70},
		{"a large cluster", 200 << 20, 0, 50},
		{"a body of 500 KiB", 10 << 20, 500 << 10, 60},
		{"the same, of which much is alive", 30 << 20, 500 << 10, 20},
		{"the same in a large cluster", 200 << 20, 500 << 10, 20},
		{"a body of 70 KiB", 8 << 20, 70 << 10, 87},
		{"a body of 256 KiB", 10 << 20, 256 << 10, 60},
		{"a body of 3 MiB", 10 << 20, 3 << 20, 300},
	} {
		if got := gcPercent(test.live, test.large); got != test.want {
			t.Errorf("%s: %d%%, want %d%%", test.name, got, test.want)
		}
	}
}

// TestHeapFollowsWhatIsAlive: what counts is what each collection leaves, and what is
// worked on meanwhile.
func TestHeapFollowsWhatIsAlive(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	h := newHeap()
	h.follows = true
	h.works(0)
	usual := h.percent
	h.works(300 << 10)
	if h.percent >= usual {
		t.Errorf("%d%% while a large body is worked on, %d%% before", h.percent, usual)
	}
	h.works(-300 << 10)
	if h.percent != usual {
		t.Errorf("%d%% when it is done, %d%% before", h.percent, usual)
	}
	h.awaitCollection()
	runtime.GC()
	<-h.collected
}
