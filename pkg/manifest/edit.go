package manifest

import (
	"errors"
	"fmt"
	"slices"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// apply changes the tree by a patch whose paths are relative to the pod of an
// object. at is the path from the document's root to the object.
func (d *document) apply(at []string, kind Kind, patch tree.Patch) error {
	for _, op := range patch {
		if err := d.applyOne(at, kind, op); err != nil {
			return fmt.Errorf("%s %s: %w", op.Operation, op.Path, err)
		}
	}
	return nil
}

func (d *document) applyOne(at []string, kind Kind, op jsonpatch.Operation) error {
	segments, err := pointer(op.Path)
	if err != nil {
		return err
	}
	var path []string
	switch segments[0] {
	case "metadata":
		if kind.Outer != nil && (op.Operation == "remove" || len(segments) > 1) {
			return d.applyBeforeOuter(at, kind, op, segments[1:])
		}
		path = slices.Concat(at, kind.Metadata, segments[1:])
		if len(segments) > 1 && op.Operation == "add" {
			if err := d.ensureObject(slices.Concat(at, kind.Metadata)); err != nil {
				return err
			}
		}
	case "spec":
		path = slices.Concat(at, kind.Spec, segments[1:])
	default:
		return errors.New("not in the pod's metadata or spec")
	}
	return d.editAt(path, op)
}

// editAt does what an operation says at a path from the document's root.
func (d *document) editAt(path []string, op jsonpatch.Operation) error {
	parent, err := d.walk(path[:len(path)-1])
	if err != nil {
		return err
	}
	last := path[len(path)-1]
	var value *node
	switch op.Operation {
	case "add", "replace":
		if value, err = freshNode(tree.TextOf(op), d.arena); err != nil {
			return fmt.Errorf("value: %w", err)
		}
	case "remove":
	default:
		return errors.New("not an operation that is known here")
	}
	switch parent.form {
	case objectForm:
		return d.editObject(parent, op.Operation, last, value)
	case arrayForm:
		return d.editArray(parent, op.Operation, last, value)
	default:
		return fmt.Errorf("%s has no members", parent.typeName())
	}
}

// ensureObject puts an empty object where there is nothing or null: the text of
// a pod template may lack its metadata.
func (d *document) ensureObject(path []string) error {
	parent, err := d.walk(path[:len(path)-1])
	if err != nil {
		return err
	}
	name := path[len(path)-1]
	if parent.form != objectForm {
		return nil
	}
	m, ok, err := d.lookup(parent, name)
	if err != nil || ok && !m.value.isNull() {
		return err
	}
	return d.editObject(parent, "add", name, &node{form: objectForm, start: -1, dirty: true})
}

// put makes a value the last member of an object, in place of any that stood
// before it under this name.
func (d *document) put(n *node, name string, value *node) *entry {
	n.own()
	n.entries = slices.DeleteFunc(n.entries, func(e *entry) bool {
		e.gone = !e.merge && e.name() == name
		return e.gone
	})
	e := newMember(name, value)
	n.add(e)
	if name == "metadata" && !n.merges {
		// Metadata stands above the spec wherever people write both.
		spec := slices.IndexFunc(n.entries, func(e *entry) bool { return e.name() == "spec" })
		if spec >= 0 {
			n.entries = slices.Insert(n.entries[:len(n.entries)-1], spec, e)
		}
	}
	n.soil()
	return e
}

func (d *document) editObject(n *node, op, name string, value *node) error {
	m, ok, err := d.lookup(n, name)
	if err != nil {
		return err
	}
	if !ok && op != "add" {
		return fmt.Errorf("there is no %q", clip(name))
	}
	if ok && m.merged && op == "remove" {
		if err := d.writeOut(n); err != nil {
			return err
		}
		if m, _, err = d.lookup(n, name); err != nil {
			return err
		}
	}
	if m.entry == nil {
		if longKey(name) {
			return errLongKey
		}
		for _, e := range n.entries {
			if !e.merge && e.name() == name { // a merge key below it overrules it
				if err := d.discardEntry(e); err != nil {
					return err
				}
			}
		}
		d.put(n, name, value)
		return nil
	}
	if op == "remove" {
		if err := d.discardEntry(m.entry); err != nil {
			return err
		}
		n.own()
		i := slices.Index(n.entries, m.entry)
		n.entries = slices.Delete(n.entries, i, i+1)
		m.entry.gone = true
		n.soil()
		return nil
	}
	return d.replace(m.entry.value, value)
}

// replace puts a value in another's place, in the same quotes.
func (d *document) replace(old, value *node) error {
	if err := d.discard(old); err != nil {
		return err
	}
	if old.form == scalarForm && old.scalar.isString && old.inText() && value.form == scalarForm && value.scalar.isString {
		if mark := d.text[old.body]; mark == '"' || mark == '\'' {
			value.scalar.quote = mark
		}
	}
	old.become(value)
	return nil
}

func (d *document) editArray(n *node, op, segment string, value *node) error {
	length := len(n.entries)
	if op == "add" {
		length++
	}
	i, err := index(segment, length)
	if err != nil {
		return err
	}
	if op == "add" {
		e := &entry{in: n, at: -1, value: value}
		value.holder = e
		n.own()
		n.entries = slices.Insert(n.entries, i, e)
		n.soil()
		return nil
	}
	e := n.entries[i]
	if op == "replace" {
		return d.replace(e.value, value)
	}
	if err := d.discard(e.value); err != nil {
		return err
	}
	e.gone = true
	n.own()
	n.entries = slices.Delete(n.entries, i, i+1)
	n.soil()
	return nil
}
