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
}

// remembered is what injection makes of every pod of one likeness.
type remembered struct {
	likeness                   likeness
	patch                      tree.Patch
	warnings                   []string
	initContainers, containers []string
}

// size is about how many bytes an entry takes, with its place in the memory.
func (r *remembered) size() int {
	const itself, operation, text = 400, 64, 16
	n := itself + operation*len(r.patch)
	for i := range r.patch {
		n += len(r.patch[i].Path) + len(r.patch[i].Value)
	}
	for _, list := range [][]string{r.warnings, r.initContainers, r.containers} {
		for _, s := range list {
			n += text + len(s)
		}
	}
	return n
}

func newMemory(limit int) *memory {
	return &memory{limit: limit, known: map[likeness]*linked.Element{}}
}

// of returns what is remembered of a likeness, nil where nothing is.
func (m *memory) of(l likeness) *remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.known[l]
	if at == nil {
		return nil
	}
	m.order.MoveToFront(at)
	return at.Value.(*remembered)
}

func (m *memory) keep(r *remembered) {
	if r.size() > m.limit/8 {
		return // one pod must not push out all others
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[r.likeness] != nil {
		return
	}
	m.known[r.likeness] = m.order.PushFront(r)
	for m.used += r.size(); m.used > m.limit; {
		oldest := m.order.Remove(m.order.Back()).(*remembered)
		delete(m.known, oldest.likeness)
		m.used -= oldest.size()
	}
}
