package rule

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A rest is what taking an injection off would get wrong of a pod: what comes out, and
// what it was. It has the shape of the pod, with a list's elements by name:
//
//	{"metadata": {"labels": {"team": ["mesh", null]}},
//	 "spec": {"containers[web]": {"livenessProbe": {"httpGet": {"port": ["http", 80]}}}}}
//
// Whatever does not come out as it says was changed since, and stays as it is.

// restOf is the rest between what comes back of a pod and what the pod was; nil where
// they mean the same.
func restOf(back, was *tree.Value) *tree.Value { return restBetween(back, was, false) }

// restBetween knows whether it is in an element of a list. There an object that lacks
// something comes back as a whole, its members in their order: what is remembered of
// a container is compared as text.
func restBetween(back, was *tree.Value, inElement bool) *tree.Value {
	if meansTheSame(back, was) {
		return nil
	}
	inBack, inWas := lookup{object: back}, lookup{object: was}
	lacks := func(m tree.Member) bool { return inBack.get(m.Key) == nil && !meansTheSame(nil, m.Value) }
	if !maybe(back, tree.Object) || !maybe(was, tree.Object) || inElement && slices.ContainsFunc(was.Members(), lacks) {
		return pair(back, was)
	}
	var rest []tree.Member
	compare := func(key string) (comparable bool) {
		b, w := inBack.get(key), inWas.get(key)
		switch {
		case meansTheSame(b, w):
		case strings.ContainsAny(key, "[]"): // which is how elements are written
			return false
		case named(b) && named(w):
			rest = restOfList(rest, key, b.Items(), w.Items())
		default:
			rest = withRest(rest, key, restBetween(b, w, inElement))
		}
		return true
	}
	for _, m := range back.Members() {
		if !compare(m.Key) {
			return pair(back, was)
		}
	}
	for _, m := range was.Members() {
		if inBack.get(m.Key) == nil && !compare(m.Key) {
			return pair(back, was)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	slices.SortFunc(rest, func(a, b tree.Member) int { return strings.Compare(a.Key, b.Key) })
	return tree.NewObject(rest...)
}

func withRest(rest []tree.Member, key string, of *tree.Value) []tree.Member {
	if of == nil {
		return rest
	}
	return append(rest, tree.Member{Key: key, Value: of})
}

// restOfList adds what differs of a list's elements, and their order.
func restOfList(rest []tree.Member, list string, back, was []*tree.Value) []tree.Member {
	inBack, inWas := pod.FinderOf(back), pod.FinderOf(was)
	var order []string // as it comes out
	for _, b := range back {
		name := b.Get("name").Text()
		if w := inWas.Find(name); w != nil {
			order = append(order, name)
			rest = withRest(rest, element(list, name), restBetween(b, w, true))
		} else {
			rest = withRest(rest, element(list, name), pair(b, nil))
		}
	}
	var gone []string
	for _, w := range was {
		if name := w.Get("name").Text(); inBack.Find(name) == nil {
			gone = append(gone, name)
			rest = withRest(rest, element(list, name), pair(nil, w))
		}
	}
	slices.Sort(gone)
	order = append(order, gone...)
	if names := pod.Names(was); !slices.Equal(order, names) {
		rest = withRest(rest, element(list, ""), pair(tree.NewStrings(order), tree.NewStrings(names)))
	}
	return rest
}

// element is the key of a list's element in a rest; without a name, of their order.
func element(list, name string) string { return list + "[" + name + "]" }

// pair is what comes out, and what it was; null is nothing.
func pair(back, was *tree.Value) *tree.Value {
	if back == nil {
		back = tree.NewNull()
	}
	if was == nil {
		was = tree.NewNull()
	}
	return tree.NewArray(back, was)
}

// maybe says that a value is of a kind, or nothing.
func maybe(v *tree.Value, kind tree.Kind) bool { return v.Kind() == kind || v.Kind() == tree.Null }

// named says that the elements of a list have names of their own.
func named(v *tree.Value) bool {
	if !maybe(v, tree.Array) {
		return false
	}
	seen := make(map[string]bool, v.Len())
	for _, item := range v.Items() {
		name, ok := item.Get("name").Str()
		if !ok || name == "" || seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// meansTheSame takes what is empty for what is not there.
func meansTheSame(a, b *tree.Value) bool {
	empty := func(v *tree.Value) bool { return v.Kind() != tree.String && v.Text() == "" && v.Len() == 0 }
	return tree.Equal(a, b) || empty(a) && empty(b)
}

// laid is what came back of a pod, and the places that the rest has mended.
type laid struct {
	pod   *tree.Value
	paths []string
}

func (l *laid) mend(rest *tree.Value) { l.pod = l.object(l.pod, rest, "") }

func (l *laid) object(v, rest *tree.Value, path string) *tree.Value {
	if !maybe(v, tree.Object) {
		return v
	}
	ofOrder := func(m tree.Member) int { return strings.Count(m.Key, "[]") } // comes last
	members := slices.SortedStableFunc(slices.Values(rest.Members()), func(a, b tree.Member) int { return ofOrder(a) - ofOrder(b) })
	for _, m := range members {
		list, name, isElement := strings.Cut(strings.TrimSuffix(m.Key, "]"), "[")
		before := v.Get(list)
		var after *tree.Value
		switch place := strings.TrimPrefix(path+"."+m.Key, "."); {
		case !isElement:
			after = l.value(before, m.Value, place)
		case !maybe(before, tree.Array):
			continue
		case name == "":
			after = l.ordered(before, m.Value, strings.TrimSuffix(place, "[]"))
		default:
			after = l.element(before, name, m.Value, place)
		}
		switch {
		case after == before:
		case after.Len() > 0 || after.Text() != "" || after.Kind() == tree.String || path == "" && list == "spec":
			v = v.With(list, after)
		default:
			v = v.Without(list)
		}
	}
	return v
}

// value mends one value, nil for none.
func (l *laid) value(v, rest *tree.Value, path string) *tree.Value {
	if rest.Kind() != tree.Array {
		return l.object(v, rest, path)
	}
	if rest.Len() != 2 || !meansTheSame(v, rest.Items()[0]) {
		return v
	}
	l.paths = append(l.paths, path)
	if was := rest.Items()[1]; was.Kind() != tree.Null {
		return was
	}
	return nil
}

func (l *laid) element(list *tree.Value, name string, rest *tree.Value, path string) *tree.Value {
	i := pod.Index(list.Items(), name)
	var before *tree.Value
	if i >= 0 {
		before = list.Items()[i]
	} else if rest.Kind() != tree.Array {
		return list // somebody took it off since
	}
	after := l.value(before, rest, path)
	items := slices.Clone(list.Items())
	switch {
	case after == before:
		return list
	case after == nil:
		items = slices.Delete(items, i, i+1)
	case i < 0:
		items = append(items, after)
	default:
		items[i] = after
	}
	return tree.NewArray(items...)
}

// ordered puts a list in the order that it had.
func (l *laid) ordered(list, rest *tree.Value, path string) *tree.Value {
	if rest.Len() != 2 || !tree.Equal(tree.NewStrings(pod.Names(list.Items())), rest.Items()[0]) {
		return list
	}
	var items []*tree.Value
	found, seen := pod.FinderOf(list.Items()), map[*tree.Value]bool{}
	for _, name := range rest.Items()[1].Items() {
		if item := found.Find(name.Text()); item != nil && !seen[item] {
			items, seen[item] = append(items, item), true
		}
	}
	if len(items) != list.Len() {
		return list // nobody wrote that
	}
	l.paths = append(l.paths, path)
	return tree.NewArray(items...)
}
