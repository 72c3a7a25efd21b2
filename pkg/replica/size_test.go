package replica

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// What an entry counts for is about what it takes.
func TestEntriesCountForWhatTheyTake(t *testing.T) {
	heap := func() int {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int(stats.HeapAlloc)
	}
	common := strings.Repeat(`{"name":"POD_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}`, 40)
	m := NewMemory(64 << 20)
	keep := func(i int) {
		text := fmt.Sprintf(`{"containers":[%s],"workload":"w%d"}`, common, i)
		m.Keep(likenessOf([]byte(text)), &Made{
			Patch: tree.Patch{tree.NewOperation("add", "/spec", []byte(text))},
			Told:  Told{Containers: []string{"istio-proxy"}},
		})
	}
	keep(0) // which the others are like
	_, before := m.Size()
	empty := heap()
	const entries = 20_000
	for i := range entries {
		keep(i + 1)
	}
	taken := heap() - empty
	_, counted := m.Size()
	counted -= before
	t.Logf("an entry takes %d bytes and counts for %d", taken/entries, counted/entries)
	if taken > counted*5/4 || counted > taken*5/4 {
		t.Errorf("%d entries take %d bytes and count for %d", entries, taken, counted)
	}
	runtime.KeepAlive(m)
}
