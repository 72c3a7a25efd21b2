package podmerge

import "github.com/outrigger-io/outrigger/pkg/tree"

// Identity says by what Kubernetes tells the elements of a list of this schema apart:
// the member that names them, empty where the types know none.
func (s *Schema) Identity() string {
	if s == nil {
		return ""
	}
	return s.mergeKey
}

// Element is the schema of a list's elements.
func (s *Schema) Element() *Schema {
	if s == nil || s.kind != fieldList {
		return nil
	}
	return s.elem
}

// Pairs says of each element of a list which it was of the list before, -1 for a new
// one: first the very same values go together, then those of one name, else equal ones,
// and what is left where both lists have it at one place.
func (s *Schema) Pairs(before, now []*tree.Value) []int {
	p := pairing{before: before, now: now, of: make([]int, len(now)), taken: make([]bool, len(before))}
	for i := range p.of {
		p.of[i] = -1
	}
	p.samePlace(func(a, b *tree.Value) bool { return a == b })
	p.anyPlace(func(a, b *tree.Value) bool { return a == b })
	if key := s.Identity(); key != "" {
		p.anyPlace(func(a, b *tree.Value) bool { return a.Get(key).Text() == b.Get(key).Text() })
		return p.of
	}
	p.samePlace(tree.Equal)
	p.anyPlace(tree.Equal)
	p.samePlace(func(a, b *tree.Value) bool { return a.Len() > 0 && a.Kind() == b.Kind() })
	return p.of
}

// pairing is the work of Pairs.
type pairing struct {
	before, now []*tree.Value
	of          []int
	taken       []bool // of before
}

func (p *pairing) try(i, j int, one func(a, b *tree.Value) bool) bool {
	if p.of[i] >= 0 || p.taken[j] || !one(p.before[j], p.now[i]) {
		return false
	}
	p.of[i], p.taken[j] = j, true
	return true
}

func (p *pairing) samePlace(one func(a, b *tree.Value) bool) {
	for i := range min(len(p.now), len(p.before)) {
		p.try(i, i, one)
	}
}

func (p *pairing) anyPlace(one func(a, b *tree.Value) bool) {
	for i := range p.now {
		for j := range p.before {
			if p.try(i, j, one) {
				break
			}
		}
	}
}
