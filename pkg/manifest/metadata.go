package manifest

import (
	"fmt"
	"slices"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/pod"
)

// appendMetadata appends a pod's metadata as a member, with a comma behind it, where
// the object has any.
func (d *document) appendMetadata(b []byte, object *node, k Kind) ([]byte, error) {
	metadata, err := d.metadataAt(object, k.Metadata)
	if err != nil {
		return nil, err
	}
	outer, err := d.mapsOf(object, k)
	if err != nil {
		return nil, err
	}
	if len(outer) == 0 {
		if metadata == nil {
			return b, nil
		}
		b, err = d.appendJSON(append(b, `"metadata":`...), metadata, 0)
		return append(b, ','), err
	}
	both, err := d.overOuter(metadata, outer)
	if err != nil {
		return nil, err
	}
	b, err = d.appendJSON(append(b, `"metadata":`...), both, 0)
	return append(b, ','), err
}

// metadataAt is the metadata at a path, an object or null; nil where there is none.
func (d *document) metadataAt(object *node, path []string) (*node, error) {
	metadata, _, err := d.descend(object, path)
	if metadata == nil || err != nil {
		return nil, err
	}
	if metadata.form != objectForm && !metadata.isNull() {
		return nil, fmt.Errorf("%s is %s, not an object", showIndexes(path), metadata.typeName())
	}
	return metadata, nil
}

func (n *node) isNull() bool { return n.form == scalarForm && n.scalar.isNull() }

// outerMaps are the members of metadata further out that count for the pod.
var outerMaps = []string{"labels", "annotations"}

// ownNames are the names of an object's own labels and annotations, none where its
// metadata is the pod's.
func (d *document) ownNames(f found) (labels, annotations []string, err error) {
	own := []string{"metadata"}
	if slices.Equal(f.kind.Metadata, own) || slices.Equal(f.kind.Outer, own) {
		return nil, nil, nil
	}
	object, err := d.object(f.path)
	if err != nil {
		return nil, nil, err
	}
	for _, of := range []struct {
		name string
		to   *[]string
	}{{"labels", &labels}, {"annotations", &annotations}} {
		m, _, err := d.descend(object, append(own, of.name))
		if err != nil || m == nil || m.form != objectForm {
			continue // what is wrong with it is the API server's to say
		}
		members, err := d.members(m)
		if err != nil {
			continue
		}
		for _, m := range members {
			*of.to = append(*of.to, m.name)
		}
	}
	return labels, annotations, nil
}

// mapsOf lists the labels and annotations of the metadata further out.
func (d *document) mapsOf(object *node, k Kind) ([]member, error) {
	if k.Outer == nil {
		return nil, nil
	}
	metadata, err := d.metadataAt(object, k.Outer)
	if metadata == nil || metadata.form != objectForm || err != nil {
		return nil, err
	}
	var maps []member
	for _, name := range outerMaps {
		m, ok, err := d.lookup(metadata, name)
		if err != nil {
			return nil, err
		}
		if ok && m.value.form == objectForm {
			maps = append(maps, m)
		}
	}
	return maps, nil
}

// overOuter makes metadata with what the outer maps have and its own lack. Of whether it
// is injected a pod template says itself by label or annotation, or not at all.
func (d *document) overOuter(metadata *node, outer []member) (*node, error) {
	made := d.freshObject()
	unless := ""
	if d.saysWish(metadata) {
		unless = pod.InjectKey
	}
	if metadata != nil && metadata.form == objectForm {
		own, err := d.members(metadata)
		if err != nil {
			return nil, err
		}
		for _, m := range own {
			made.entries = append(made.entries, newMember(m.name, m.value))
		}
	}
	for _, o := range outer {
		i := slices.IndexFunc(made.entries, func(e *entry) bool { return e.label == o.name })
		if i < 0 {
			made.entries = append(made.entries, newMember(o.name, d.freshObject()))
			i = len(made.entries) - 1
		}
		if own := made.entries[i].value; own.form == objectForm || own.isNull() {
			both, err := d.union(own, o.value, unless)
			if err != nil {
				return nil, err
			}
			made.entries[i] = newMember(o.name, both)
		}
	}
	return made, nil
}

// saysWish tells whether metadata says if the pod is to be injected.
func (d *document) saysWish(metadata *node) bool {
	if metadata == nil {
		return false
	}
	for _, name := range outerMaps {
		if wish, _, err := d.descend(metadata, []string{name, pod.InjectKey}); err == nil && wish != nil {
			return true
		}
	}
	return false
}

// union is an object with the members of both; those of the first count first. One name
// is left out of the second.
func (d *document) union(first, second *node, without string) (*node, error) {
	made := d.freshObject()
	var seen names
	for _, n := range []*node{first, second} {
		if n.form != objectForm {
			continue
		}
		members, err := d.members(n)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if n == second && m.name == without {
				continue
			}
			if seen.add(m.name) {
				made.entries = append(made.entries, newMember(m.name, m.value))
			}
		}
	}
	return made, nil
}

func (d *document) freshObject() *node {
	n := d.node()
	*n = node{form: objectForm, start: -1}
	return n
}

// applyBeforeOuter changes the metadata of a pod that has labels and annotations
// further out, too. What is written goes to its own; what is removed goes wherever it
// stands.
func (d *document) applyBeforeOuter(at []string, k Kind, op jsonpatch.Operation, path []string) error {
	own, outer := slices.Concat(at, k.Metadata), slices.Concat(at, k.Outer)
	if op.Operation != "remove" {
		for i := range path {
			if err := d.ensureObject(slices.Concat(own, path[:i])); err != nil {
				return err
			}
		}
		op.Operation = "add"
		return d.editAt(slices.Concat(own, path), op)
	}
	removed, isOwn := false, d.has(slices.Concat(own, path))
	for _, place := range places(own, outer, path) {
		if d.has(place) {
			removed = true
			if err := d.editAt(place, op); err != nil {
				return err
			}
		}
	}
	if !removed {
		return d.editAt(slices.Concat(own, path), op) // which says that it is not there
	}
	// The pod as a whole still has others of them, so nobody says that these are empty.
	for i := len(path) - 1; i >= 0 && isOwn && d.has(slices.Concat(outer, path[:1])); i-- {
		around, err := d.walk(slices.Concat(own, path[:i]))
		if err != nil || len(around.entries) > 0 {
			return err
		}
		if err := d.editAt(slices.Concat(own, path[:i]), op); err != nil {
			return err
		}
	}
	return nil
}

// places are where a part of a pod's metadata may stand. Only labels and annotations
// further out are part of it.
func places(own, outer, path []string) [][]string {
	switch {
	case len(path) == 0:
		all := [][]string{own}
		for _, name := range outerMaps {
			all = append(all, slices.Concat(outer, []string{name}))
		}
		return all
	case slices.Contains(outerMaps, path[0]):
		return [][]string{slices.Concat(own, path), slices.Concat(outer, path)}
	default:
		return [][]string{slices.Concat(own, path)}
	}
}

// has tells whether there is a value at a path from the document's root.
func (d *document) has(path []string) bool {
	n := d.root
	for _, segment := range path {
		child, ok, err := d.child(n, segment)
		if err != nil || !ok {
			return false
		}
		n = child
	}
	return true
}
