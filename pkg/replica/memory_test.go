package replica

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

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
				m.Keep(likenessOf([]byte{byte(of), byte(of >> 8)}), madeOf(of))
			}
		})
	}
	all.Wait()
	if entries, _ := m.Size(); entries != 400 {
		t.Fatalf("%d are remembered, want 400", entries)
	}
	for i := range 400 {
		made := m.Of(likenessOf([]byte{byte(i), byte(i >> 8)}))
		if made == nil || fmt.Sprintf("%s", made.Patch) != fmt.Sprintf("%s", madeOf(i).Patch) {
			t.Fatalf("%d came out as %+v", i, made)
		}
	}
}

// Two likenesses that begin alike are two: one takes the place of the other.
func TestLikenessesThatBeginAlike(t *testing.T) {
	m := NewMemory(1 << 20)
	one, other := likeness{1}, likeness{1}
	other[len(other)-1] = 1
	m.Keep(one, &Made{Patch: tree.Patch{tree.NewOperation("remove", "/one", nil)}})
	if made := m.Of(other); made != nil {
		t.Fatalf("got the patch of another: %v", made.Patch)
	}
	m.Keep(other, &Made{Patch: tree.Patch{tree.NewOperation("remove", "/other", nil)}})
	if made := m.Of(other); made == nil || made.Patch[0].Path != "/other" {
		t.Errorf("got %+v", made)
	}
	if m.Of(one) != nil {
		t.Error("the first is remembered still")
	}
	if entries, bytes := m.Size(); entries != 1 || bytes != m.newest.size() || m.newest != m.oldest {
		t.Errorf("%d entries of %d bytes", entries, bytes)
	}
}

// What was not asked for longest goes first, whatever was asked for in between.
func TestWhatWasNotAskedForLongestGoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := func(i int) likeness { return likenessOf([]byte{byte(i)}) }
		made := &Made{Patch: tree.Patch{tree.NewOperation("remove", "/some/path", nil)}}
		m := NewMemory(1 << 20)
		m.Keep(of(0), made)
		m.limit = 4*m.used + m.used/2 // entries are not quite of one size
		kept := []int{0}              // the oldest first
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			i := rapid.IntRange(0, 9).Draw(t, "likeness")
			asked := m.Of(of(i)) != nil
			if asked != slices.Contains(kept, i) {
				t.Fatalf("%d is remembered: %v; want just %v", i, asked, kept)
			}
			m.Keep(of(i), made)
			kept = append(slices.DeleteFunc(kept, func(k int) bool { return k == i }), i)
			kept = kept[max(len(kept)-4, 0):]
		}
	})
}

func likenessOf(text []byte) likeness {
	sum := sha256.Sum256(text)
	return likeness(sum[:len(likeness{})])
}
