package inject

import (
	"bytes"
	linked "container/list"
	"encoding/binary"
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
	// operations say of each its verb and the lengths of its path and its value.
	operations []byte
	// packed are all paths, one after the other, then all values.
	packed       []byte
	paths, whole uint32 // lengths in bytes, unpacked
}

// verbs are those of a patch's operations, known by their number.
var verbs = []string{"add", "remove", "replace"}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, perText = 420, 16
	n := itself + len(r.operations) + len(r.packed)
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
	if len(r.operations) == 0 {
		m := r.made
		return &m
	}
	text := unpack(make([]byte, 0, r.whole), words, r.packed)
	paths, values := string(text[:r.paths]), text[r.paths:]
	m := r.made
	m.patch = make(tree.Patch, 0, len(r.operations)/3)
	for rest := r.operations; len(rest) > 0; {
		o := tree.Operation{Op: verbs[rest[0]]}
		path, n := binary.Uvarint(rest[1:])
		value, k := binary.Uvarint(rest[1+n:])
		rest = rest[1+n+k:]
		o.Path, paths = paths[:path], paths[path:]
		if value > 0 {
			o.Value = values[:value:value]
		}
		values = values[value:]
		m.patch = append(m.patch, o)
	}
	return &m
}

func (m *memory) keep(l likeness, made *made) {
	r := &remembered{likeness: l, made: *made}
	r.patch = nil
	var operations, text []byte
	for _, o := range made.patch {
		verb := slices.Index(verbs, o.Op)
		if verb < 0 {
			return
		}
		operations = append(operations, byte(verb))
		operations = binary.AppendUvarint(operations, uint64(len(o.Path)))
		operations = binary.AppendUvarint(operations, uint64(len(o.Value)))
		text = append(text, o.Path...)
	}
	r.operations = bytes.Clone(operations)
	r.paths = uint32(len(text))
	for _, o := range made.patch {
		text = append(text, o.Value...)
	}
	r.whole = uint32(len(text))
	if len(text) > m.limit/8 {
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
