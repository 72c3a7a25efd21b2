package replica

import (
	"encoding/binary"
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
	known map[uint64]*remembered // by the start of their likeness
	// newest and oldest are the ends of the list of all.
	newest, oldest *remembered
	words          *dictionary
}

// Made is what injection makes of every pod of one likeness.
type Made struct {
	Patch tree.Patch
	Told
}

// Told is what is told of an injection beside its patch.
type Told struct {
	Warnings                   []string
	InitContainers, Containers []string
}

func (t *Told) equal(o *Told) bool {
	return slices.Equal(t.Warnings, o.Warnings) && slices.Equal(t.InitContainers, o.InitContainers) && slices.Equal(t.Containers, o.Containers)
}

// remembered is a made that takes little room: of a hundred thousand there is one each.
type remembered struct {
	likeness     likeness
	newer, older *remembered
	packed       string
	told         *Told // most pods are told the same, which needs to be there once
}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, perText = 112, 16
	n := itself + len(r.packed)
	for _, s := range r.told.Warnings {
		n += perText + len(s)
	}
	return n
}

// Size is how many entries are remembered, and the bytes counted for them.
func (m *Memory) Size() (entries, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.known), m.used
}

func NewMemory(limit int) *Memory {
	return &Memory{limit: limit, known: map[uint64]*remembered{}, words: &dictionary{}}
}

// start is what an entry is looked for by. Another one of the same start takes its
// place: who makes such pods has them injected anew each time.
func (l *likeness) start() uint64 { return binary.LittleEndian.Uint64(l[:]) }

// find returns the entry of a likeness, nil for none.
func (m *Memory) find(l *likeness) *remembered {
	if r := m.known[l.start()]; r != nil && r.likeness == *l {
		return r
	}
	return nil
}

// Of returns what is remembered of a likeness, nil where nothing is.
func (m *Memory) Of(l likeness) *Made {
	m.mu.Lock()
	r := m.find(&l)
	if r == nil {
		m.mu.Unlock()
		return nil
	}
	if r != m.newest {
		m.unlink(r)
		m.link(r)
	}
	words := m.words
	m.mu.Unlock()
	return &Made{unflatten(words.unpack(r.packed)), *r.told}
}

// Keep remembers what was made for the pods of a likeness.
func (m *Memory) Keep(l likeness, made *Made) {
	if textSize(made.Patch) > m.limit/8 { // one pod must not push out all others
		return
	}
	text, ok := flatten(made.Patch)
	if !ok {
		return
	}
	m.mu.Lock()
	words, known := m.words, m.find(&l) != nil
	m.mu.Unlock()
	if known {
		return
	}
	// Packing takes milliseconds where a patch is large, for which nobody has to wait.
	packed := words.pack(text)
	learned, better := words, packed
	if isUnlike(text, packed) {
		learned = words.with(text)
		better = learned.pack(text)
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(&l) != nil {
		return
	}
	r := &remembered{likeness: l, packed: packed}
	if m.words == words { // else somebody was faster, and has it learn another
		m.words, r.packed = learned, better
	}
	if r.told = new(made.Told); m.newest != nil && m.newest.told.equal(r.told) {
		r.told = m.newest.told
	}
	if other := m.known[l.start()]; other != nil {
		m.forget(other)
	}
	m.known[l.start()] = r
	m.link(r)
	for m.used += r.size(); m.used > m.limit; {
		m.forget(m.oldest)
	}
}

// isUnlike says that a text is so unlike those in the dictionary that it is worth its
// learning. Of a patch of 5 KB pods of another shape leave 500 bytes once it is packed,
// and those that differ in names 100.
func isUnlike(text []byte, packed string) bool { return len(packed) > 64+len(text)/32 }

func (m *Memory) forget(r *remembered) {
	m.unlink(r)
	delete(m.known, r.likeness.start())
	m.used -= r.size()
}

// link puts an entry at the newer end of the list.
func (m *Memory) link(r *remembered) {
	r.older = m.newest
	if m.newest != nil {
		m.newest.newer = r
	} else {
		m.oldest = r
	}
	m.newest = r
}

func (m *Memory) unlink(r *remembered) {
	if r.newer != nil {
		r.newer.older = r.older
	} else {
		m.newest = r.older
	}
	if r.older != nil {
		r.older.newer = r.newer
	} else {
		m.oldest = r.newer
	}
	r.newer, r.older = nil, nil
}
