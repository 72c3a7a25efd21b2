package pod

import "github.com/outrigger-io/outrigger/pkg/tree"

// Finder finds the elements of a list by name. However many are asked for, it costs
// time in proportion to the list.
type Finder struct {
	items  []*tree.Value
	places map[string]int // of the first of each name; nil where the list is short
}

// shortList is how many elements are looked through as fast as a map is asked.
const shortList = 16

// FinderOf is told of the list.
func FinderOf(items []*tree.Value) Finder {
	f := Finder{items: items}
	if len(items) > shortList {
		f.places = make(map[string]int, len(items))
		for i, item := range items {
			name := item.Get("name").Text()
			if _, ok := f.places[name]; !ok {
				f.places[name] = i
			}
		}
	}
	return f
}

// Index is where the first element of that name is, -1 for none.
func (f *Finder) Index(name string) int {
	if f.places == nil {
		return Index(f.items, name)
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
