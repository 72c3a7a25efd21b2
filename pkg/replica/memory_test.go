package replica

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestKeepingAtOnce: what many keep at once, each with texts that the others learn
// from, comes out as each has put it in.
func TestKeepingAtOnce(t *testing.T) {
	m := NewMemory(32 << 20)
	madeOf := func(i int) *Made {
		text, _ := json.Marshal(strings.Repeat(fmt.Sprintf("%d, a text of sort %d; ", i, i%7), 50))
		return &Made{Patch: tree.Patch{tree.NewOperation("add", "/spec", text)}}
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 100 {
				of := 100*(worker/2) + i // two keep the same
				m.Keep(sha256.Sum256([]byte{byte(of), byte(of >> 8)}), madeOf(of))
			}
		})
	}
	all.Wait()
	if entries, _ := m.Size(); entries != 400 {
		t.Fatalf("%d are remembered, want 400", entries)
	}
	for i := range 400 {
		made := m.Of(sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		if made == nil || fmt.Sprintf("%s", made.Patch) != fmt.Sprintf("%s", madeOf(i).Patch) {
			t.Fatalf("%d came out as %+v", i, made)
		}
	}
}
