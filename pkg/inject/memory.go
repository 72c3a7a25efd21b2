package inject

import (
	linked "container/list"
	"slices"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// memory keeps what was made for pods that others will be like, so that the next
// replica of a workload costs no rendering. It holds a bounded number of bytes and
// lets go of what was not asked for longest.
type memory struct {
	limit int // bytes

	mu    sync.Mutex
	used  int
	known map[likeness]*linked.Element // of *remembered
	order linked.List                  // the newest first
	words dictionary
}

// made is what injection makes of every pod of one likeness.
type made struct {
	patch                      tree.Patch
	warnings                   []string
	initContainers, containers []string
}

// remembered is a made that takes little room.
type remembered struct {
	likeness likeness
	made     // without the patch
	packed   packedPatch
}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, perText = 420, 16
	n := itself + r.packed.size()
	for _, s := range r.warnings {
		n += perText + len(s)
	}
	return n
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, known: map[likeness]*linked.Element{}}
}

// of returns what is remembered of a likeness, nil where nothing is.
func (m *memory) of(l likeness) *made {
	m.mu.Lock()
	at := m.known[l]
	if at == nil {
		m.mu.Unlock()
		return nil
	}
	m.order.MoveToFront(at)
	words := m.words.text // what stands there stays
	m.mu.Unlock()
	return at.Value.(*remembered).unpack(words)
}

func (r *remembered) unpack(words []byte) *made {
	m := r.made
	m.patch = r.packed.unpack(words)
	return &m
}

func (m *memory) keep(l likeness, made *made) {
	r := &remembered{likeness: l, made: *made}
	r.patch = nil
	packed, text, ok := flatten(made.patch)
	if !ok {
		return
	}
	r.packed = packed
	if len(text) > m.limit/8 {
		return // one pod must not push out all others
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[l] != nil {
		return
	}
	r.packed.pack(text, &m.words)
	if newest := m.order.Front(); newest != nil {
		// Most pods are given the same containers, whose names need to be there once.
		like := newest.Value.(*remembered)
		r.initContainers = sameNames(like.initContainers, r.initContainers)
		r.containers = sameNames(like.containers, r.containers)
	}
	m.known[l] = m.order.PushFront(r)
	for m.used += r.size(); m.used > m.limit; {
		oldest := m.order.Remove(m.order.Back()).(*remembered)
		delete(m.known, oldest.likeness)
		m.used -= oldest.size()
	}
}

func sameNames(known, names []string) []string {
	if slices.Equal(known, names) {
		return known
	}
	return names
}
