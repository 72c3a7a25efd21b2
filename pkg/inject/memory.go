package inject

import (
	linked "container/list"
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
	// Of each operation the verb and the lengths of its path and its value.
	operations []operation
	// packed are all paths, one after the other, then all values.
	packed       []byte
	paths, whole int // lengths in bytes, unpacked
}

type operation struct {
	verb        string // a constant
	path, value uint32
}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, perOperation, perText = 480, 24, 16
	n := itself + perOperation*len(r.operations) + len(r.packed)
	for _, list := range [][]string{r.warnings, r.initContainers, r.containers} {
		for _, s := range list {
			n += perText + len(s)
		}
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
	text := unpack(make([]byte, 0, r.whole), words, r.packed)
	paths, values := string(text[:r.paths]), text[r.paths:]
	m := r.made
	m.patch = make(tree.Patch, len(r.operations))
	for i, o := range r.operations {
		m.patch[i] = tree.Operation{Op: o.verb, Path: paths[:o.path]}
		if o.value > 0 {
			m.patch[i].Value = values[:o.value:o.value]
		}
		paths, values = paths[o.path:], values[o.value:]
	}
	return &m
}

func (m *memory) keep(l likeness, made *made) {
	r := &remembered{likeness: l, made: *made, operations: make([]operation, len(made.patch))}
	r.patch = nil
	var text []byte
	for i, o := range made.patch {
		r.operations[i] = operation{o.Op, uint32(len(o.Path)), uint32(len(o.Value))}
		text = append(text, o.Path...)
	}
	r.paths = len(text)
	for _, o := range made.patch {
		text = append(text, o.Value...)
	}
	r.whole = len(text)
	if r.whole > m.limit/8 {
		return // one pod must not push out all others
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[l] != nil {
		return
	}
	if r.packed = m.words.pack(text); len(r.packed) > len(text)/2 {
		m.words.learn(text)
		r.packed = m.words.pack(text)
	}
	m.known[l] = m.order.PushFront(r)
	for m.used += r.size(); m.used > m.limit; {
		oldest := m.order.Remove(m.order.Back()).(*remembered)
		delete(m.known, oldest.likeness)
		m.used -= oldest.size()
	}
}
