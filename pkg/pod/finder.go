package pod

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Finder finds the elements of a list by a member that names them. However many are asked for, it costs
// time in proportion to the list.
type Finder struct {
	key    string // of the member
	items  []*tree.Value
	places map[string]int // of the first of each name; nil until it is worth its making
}

// shortList is how many elements are looked through as fast as a map is asked.
const shortList = 16

// FinderOf finds them by their names.
func FinderOf(items []*tree.Value) Finder { return FinderBy("name", items) }

// FinderBy finds them by another member.
func FinderBy(key string, items []*tree.Value) Finder { return Finder{key: key, items: items} }

// Index is where the first element of that name is, -1 for none.
func (f *Finder) Index(name string) int {
	if len(f.items) <= shortList {
		return slices.IndexFunc(f.items, func(item *tree.Value) bool { return item.Get(f.key).Text() == name })
	}
	if f.places == nil {
		f.places = make(map[string]int, len(f.items))
		for i, item := range f.items {
			name := item.Get(f.key).Text()
			if _, ok := f.places[name]; !ok {
				f.places[name] = i
			}
		}
	}
	if i, ok := f.places[name]; ok {
		return i
	}
	return -1
}

// Find returns the first element of that name, nil for none.
func (f *Finder) Find(name string) *tree.Value {
	if i := f.Index(name); i >= 0 {
		return f.items[i]
	}
	return nil
}

// CountNames counts how often each name stands in a list of texts.
func CountNames(names *tree.Value) map[string]int {
	count := make(map[string]int, names.Len())
	for _, name := range names.Items() {
		count[name.Text()]++
	}
	return count
}

// WithoutLast takes the last elements of each name off a list, as many as are told.
func WithoutLast(items []*tree.Value, gone map[string]int) []*tree.Value {
	left := make(map[string]int, len(gone))
	for _, item := range items {
		left[item.Get("name").Text()]++
	}
	kept := make([]*tree.Value, 0, len(items))
	for _, item := range items {
		name := item.Get("name").Text()
		if left[name]--; left[name] >= gone[name] {
			kept = append(kept, item)
		}
	}
	return kept
}
