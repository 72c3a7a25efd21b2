package manifest

import (
	"hash/maphash"
	"slices"
	"sync"
)

// arena makes the parts of trees many at a time, and again for the next document
// when one is done: a stream has hundreds of thousands of them.
type arena struct {
	nodes   pool[node]
	entries pool[entry]
}

// arenas are those of streams that are done.
var arenas = sync.Pool{New: func() any { return &arena{} }}

func (a *arena) node() *node   { return a.nodes.take() }
func (a *arena) entry() *entry { return a.entries.take() }

// reset takes all back. Nothing made before may be in use.
func (a *arena) reset() {
	a.nodes.used, a.entries.used = 0, 0
}

// mark is how much of an arena is in use.
type mark struct{ nodes, entries int }

func (a *arena) mark() mark { return mark{a.nodes.used, a.entries.used} }

// backTo takes back what was made since. None of it may be in use.
func (a *arena) backTo(m mark) { a.nodes.used, a.entries.used = m.nodes, m.entries }

type pool[T any] struct {
	chunks [][]T
	used   int
}

func (p *pool[T]) take() *T {
	const size = 64
	chunk, at := p.used/size, p.used%size
	if chunk == len(p.chunks) {
		p.chunks = append(p.chunks, make([]T, size))
	}
	p.used++
	made := &p.chunks[chunk][at]
	*made = *new(T)
	return made
}

// names is a set of an object's keys, which are few most of the time.
type names struct {
	few  [12]string
	n    int
	many map[string]bool
	// hashed has no more of many than their hashes: one that shares its hash with
	// another is not new.
	hashed bool
	hashes map[uint64]bool
}

var nameSeed = maphash.MakeSeed()

// add tells whether a name is new.
func (s *names) add(name string) bool {
	if slices.Contains(s.few[:s.n], name) {
		return false
	}
	if s.n < len(s.few) {
		s.few[s.n] = name
		s.n++
		return true
	}
	if s.hashed {
		return addTo(&s.hashes, maphash.String(nameSeed, name))
	}
	return addTo(&s.many, name)
}

// addTo adds a key to a set, and tells whether it is new.
func addTo[K comparable](set *map[K]bool, key K) bool {
	if (*set)[key] {
		return false
	}
	if *set == nil {
		*set = map[K]bool{}
	}
	(*set)[key] = true
	return true
}
