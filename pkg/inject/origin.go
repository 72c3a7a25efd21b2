package inject

import (
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// origin is a value of a pod with what wrote it.
type origin struct {
	value *tree.Value
	// by wrote all that is in the value, where it has no parts; nil is what came with
	// the pod.
	by *Writer
	// parts are of the members or the items, in their order.
	parts []*origin
}

// part is the origin of a member or an item.
func (o *origin) part(i int) *origin {
	if o.parts != nil {
		return o.parts[i]
	}
	if o.value.Kind() == tree.Object {
		return &origin{value: o.value.Members()[i].Value, by: o.by}
	}
	return &origin{value: o.value.Items()[i], by: o.by}
}

func (o *origin) member(key string) *origin {
	if o == nil {
		return nil
	}
	for i, m := range o.value.Members() {
		if m.Key == key {
			return o.part(i)
		}
	}
	return nil
}

func (o *origin) items() []*tree.Value {
	if o == nil {
		return nil
	}
	return o.value.Items()
}

// layer is a pod, or part of one, that a step lays over another.
type layer struct {
	pod *tree.Value
	// writer is what a field of it comes from, by its JSON pointer in the layer.
	writer func(path string) *Writer
}

// laid is a value of a layer.
type laid struct {
	*layer
	value *tree.Value
	path  string
}

func (l laid) member(key string) (laid, bool) {
	value := l.value.Get(key)
	return laid{l.layer, value, stepTo(l.path, key)}, value != nil
}

func (l laid) item(i int) laid {
	return laid{l.layer, l.value.Items()[i], stepTo(l.path, strconv.Itoa(i))}
}

func stepTo(path, key string) string { return string(tree.AppendStep([]byte(path), key)) }

// step is one of injection, by which a pod becomes another. What it changes is known by
// comparing the two: elements of lists are followed by what Kubernetes tells them apart
// by, so that what only moves keeps its writer.
type step struct {
	// by wrote what no layer has.
	by *Writer
	// layers are what it lays over the pod, one over the other.
	layers []*layer
}

// to returns the origin of a pod that the step made of another.
func (s step) to(before *origin, after *tree.Value) *origin {
	over := make([]laid, len(s.layers))
	for i, l := range s.layers {
		over[i] = laid{l, l.pod, ""}
	}
	return s.value(before, after, podmerge.Pod(), over)
}

// value follows a value. over are those that layers have in its place, the last of
// which counts most.
func (s step) value(before *origin, after *tree.Value, schema *podmerge.Schema, over []laid) *origin {
	switch {
	case before != nil && (before.value == after || isLeaf(after) && tree.Equal(before.value, after)):
		return before
	case isLeaf(after):
		return &origin{value: after, by: s.writer(after, over)}
	case before != nil && before.value.Kind() != after.Kind():
		before = nil
	}
	now := &origin{value: after, parts: make([]*origin, after.Len())}
	if after.Kind() == tree.Array {
		s.list(now, before, schema, over)
		return now
	}
	for i, m := range after.Members() {
		var own []laid
		for _, l := range over {
			if below, ok := l.member(m.Key); ok {
				own = append(own, below)
			}
		}
		field := schema.Field(m.Key)
		if other := otherList[m.Key]; other != "" && schema == podmerge.Pod().At("spec") {
			now.parts[i] = s.containers(m.Key, other, before, after, field, over)
			continue
		}
		now.parts[i] = s.value(before.member(m.Key), m.Value, field, own)
	}
	return now
}

// isLeaf says that there is nothing below a value.
func isLeaf(v *tree.Value) bool { return v.Len() == 0 }

// writer finds out of which layer a leaf comes.
func (s step) writer(leaf *tree.Value, over []laid) *Writer {
	for i := len(over) - 1; i >= 0; i-- {
		if tree.Equal(over[i].value, leaf) {
			return over[i].writer(over[i].path)
		}
	}
	return s.by
}

// list follows the items of a list.
func (s step) list(now, before *origin, schema *podmerge.Schema, over []laid) {
	items := now.value.Items()
	was := schema.Pairs(before.items(), items)
	own := make([][]laid, len(items))
	for _, l := range over {
		offer(own, items, l, schema)
	}
	for i, item := range items {
		var old *origin
		if was[i] >= 0 {
			old = before.part(was[i])
		}
		now.parts[i] = s.value(old, item, schema.Element(), own[i])
	}
}

// offer gives to each item of a list what a layer has for it: where that names several
// alike, all of them, and last the one in its place.
func offer(own [][]laid, items []*tree.Value, l laid, schema *podmerge.Schema) {
	pairs := schema.Pairs(l.value.Items(), items)
	for i, item := range items {
		if key := schema.Identity(); key != "" {
			for j, other := range l.value.Items() {
				if j != pairs[i] && other.Get(key).Text() == item.Get(key).Text() {
					own[i] = append(own[i], l.item(j))
				}
			}
		}
		if pairs[i] >= 0 {
			own[i] = append(own[i], l.item(pairs[i]))
		}
	}
}

// otherList is the other list in which a container may have been, or may be in a layer.
var otherList = map[string]string{"containers": "initContainers", "initContainers": "containers"}

// containers follows one of the two lists of containers of a pod's spec, between which
// steps move them.
func (s step) containers(key, other string, before *origin, spec *tree.Value, schema *podmerge.Schema, over []laid) *origin {
	list := spec.Get(key)
	now := &origin{value: list, parts: make([]*origin, list.Len())}
	from, beside := before.member(key), before.member(other)
	was := schema.Pairs(from.items(), list.Items())
	own := make([][]laid, list.Len())
	for _, l := range over {
		for _, in := range []string{other, key} {
			if below, ok := l.member(in); ok {
				offer(own, list.Items(), below, schema)
			}
		}
	}
	for i, c := range list.Items() {
		var old *origin
		name := c.Get("name").Text()
		if was[i] >= 0 {
			old = from.part(was[i])
		} else if j := pod.Index(beside.items(), name); j >= 0 && pod.Index(spec.Get(other).Items(), name) < 0 {
			old = beside.part(j)
		}
		now.parts[i] = s.value(old, c, schema.Element(), own[i])
	}
	return now
}
