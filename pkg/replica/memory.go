package replica

import (
	linked "container/list"
	"slices"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Memory keeps what was made for pods that others will be like, so that the next
// replica of a workload costs no rendering. It holds a bounded number of bytes and
// lets go of what was not asked for longest.
type Memory struct {
	limit int // bytes

	mu    sync.Mutex
	used  int
	known map[likeness]*linked.Element // of *remembered
	order linked.List                  // the newest first
	words *dictionary
}

// Made is what injection makes of every pod of one likeness.
type Made struct {
	Patch                      tree.Patch
	Warnings                   []string
	InitContainers, Containers []string
}

// remembered is a made that takes little room.
type remembered struct {
	likeness likeness
	Made     // without the patch
	packed   packedPatch
}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, perText = 420, 16
	n := itself + r.packed.size()
	for _, s := range r.Warnings {
		n += perText + len(s)
	}
	return n
}

// Size is how many entries are remembered, and the bytes counted for them.
func (m *Memory) Size() (entries, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.order.Len(), m.used
}

func NewMemory(limit int) *Memory {
	return &Memory{limit: limit, known: map[likeness]*linked.Element{}, words: &dictionary{}}
}

// Of returns what is remembered of a likeness, nil where nothing is.
func (m *Memory) Of(l likeness) *Made {
	m.mu.Lock()
	at := m.known[l]
	if at == nil {
		m.mu.Unlock()
		return nil
	}
	m.order.MoveToFront(at)
	words := m.words
	m.mu.Unlock()
	return at.Value.(*remembered).unpack(words.text)
}

func (r *remembered) unpack(words []byte) *Made {
	m := r.Made
	m.Patch = r.packed.unpack(words)
	return &m
}

// Keep remembers what was made for the pods of a likeness.
func (m *Memory) Keep(l likeness, made *Made) {
	if textSize(made.Patch) > m.limit/8 { // one pod must not push out all others
		return
	}
	flat, text, ok := flatten(made.Patch)
	if !ok {
		return
	}
	m.mu.Lock()
	words, known := m.words, m.known[l] != nil
	m.mu.Unlock()
	if known {
		return
	}
	// Packing takes milliseconds where a patch is large, for which nobody has to wait.
	packed, unlike := flat.packedWith(words, text)
	learned, better := words, packed
	if unlike {
		learned = words.with(text)
		better, _ = flat.packedWith(learned, text)
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[l] != nil {
		return
	}
	r := &remembered{likeness: l, Made: *made, packed: packed}
	r.Patch = nil
	if m.words == words { // else somebody was faster, and has it learn another
		m.words, r.packed = learned, better
	}
	if newest := m.order.Front(); newest != nil {
		// Most pods are given the same containers, whose names need to be there once.
		like := newest.Value.(*remembered)
		r.InitContainers = sameNames(like.InitContainers, r.InitContainers)
		r.Containers = sameNames(like.Containers, r.Containers)
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
