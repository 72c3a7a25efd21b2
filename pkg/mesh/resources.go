package mesh

import (
	"slices"
	"sync"
)

// Resources are all ProxyConfig resources, in an order in which those of a pod are
// found at once. They may change while they are selected from.
type Resources struct {
	mu sync.RWMutex
	in map[string]*inNamespace
}

// inNamespace are the resources of one namespace.
type inNamespace struct {
	named map[string]*Resource
	// forAll are those without a selector, the oldest first.
	forAll []*Resource
	// forSome are the others by the first label of their selector, its key and its
	// value, the oldest first.
	forSome map[string]map[string][]*Resource
}

// NewResources are resources to begin with.
func NewResources(all ...*Resource) *Resources {
	rs := &Resources{}
	rs.Replace(all)
	return rs
}

// Replace has these be all there are.
func (rs *Resources) Replace(all []*Resource) {
	in := map[string]*inNamespace{}
	for _, r := range all {
		put(in, r)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.in = in
}

// Put adds a resource, in place of the one that has its name.
func (rs *Resources) Put(r *Resource) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	put(rs.in, r)
}

// Remove takes out the resource of a name, if there is one.
func (rs *Resources) Remove(namespace, name string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	remove(rs.in, namespace, name)
}

func put(in map[string]*inNamespace, r *Resource) {
	remove(in, r.Namespace, r.Name)
	n := in[r.Namespace]
	if n == nil {
		n = &inNamespace{named: map[string]*Resource{}, forSome: map[string]map[string][]*Resource{}}
		in[r.Namespace] = n
	}
	n.named[r.Name] = r
	if len(r.selector) == 0 {
		n.forAll = with(n.forAll, r)
		return
	}
	first := r.selector[0]
	if n.forSome[first.key] == nil {
		n.forSome[first.key] = map[string][]*Resource{}
	}
	n.forSome[first.key][first.value] = with(n.forSome[first.key][first.value], r)
}

func remove(in map[string]*inNamespace, namespace, name string) {
	n := in[namespace]
	if n == nil || n.named[name] == nil {
		return
	}
	r := n.named[name]
	if delete(n.named, name); len(n.named) == 0 {
		delete(in, namespace)
		return
	}
	if len(r.selector) == 0 {
		n.forAll = without(n.forAll, r)
		return
	}
	first := r.selector[0]
	values := n.forSome[first.key]
	if values[first.value] = without(values[first.value], r); len(values[first.value]) == 0 {
		delete(values, first.value)
	}
	if len(values) == 0 {
		delete(n.forSome, first.key)
	}
}

func with(list []*Resource, r *Resource) []*Resource {
	i, _ := slices.BinarySearchFunc(list, r, byAge)
	return slices.Insert(list, i, r)
}

func without(list []*Resource, r *Resource) []*Resource {
	return slices.DeleteFunc(list, func(other *Resource) bool { return other == r })
}

// For selects the resources of a pod. Of several at one level the oldest counts,
// alone. Nil Resources have none.
func (rs *Resources) For(root, namespace string, labelOf func(key string) (value string, ok bool)) Selected {
	var s Selected
	if rs == nil {
		return s
	}
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	s.Mesh = rs.in[root].oldestForAll()
	if namespace != root {
		s.Namespace = rs.in[namespace].oldestForAll()
	}
	s.Workload = rs.in[namespace].oldestFor(labelOf)
	return s
}

func (n *inNamespace) oldestForAll() *Resource {
	if n == nil || len(n.forAll) == 0 {
		return nil
	}
	return n.forAll[0]
}

func (n *inNamespace) oldestFor(labelOf func(key string) (value string, ok bool)) (oldest *Resource) {
	if n == nil {
		return nil
	}
	for key, values := range n.forSome {
		value, ok := labelOf(key)
		if !ok {
			continue
		}
		for _, r := range values[value] {
			if r.selects(labelOf) {
				if oldest == nil || byAge(r, oldest) < 0 {
					oldest = r
				}
				break // the others are younger
			}
		}
	}
	return oldest
}
