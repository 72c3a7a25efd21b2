package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// apply changes the tree by a patch whose paths are relative to the pod of an
// object. at is the path from the document's root to the object.
func (d *document) apply(at []string, kind Kind, patch tree.Patch) error {
	for _, op := range patch {
		if err := d.applyOne(at, kind, op); err != nil {
			return fmt.Errorf("%s %s: %w", op.Op, op.Path, err)
		}
	}
	return nil
}

func (d *document) applyOne(at []string, kind Kind, op tree.Operation) error {
	segments, err := pointer(op.Path)
	if err != nil {
		return err
	}
	var path []string
	switch segments[0] {
	case "metadata":
		path = slices.Concat(at, kind.Metadata, segments[1:])
		if len(segments) > 1 && op.Op == "add" {
			if err := d.ensureObject(slices.Concat(at, kind.Metadata)); err != nil {
				return err
			}
		}
	case "spec":
		path = slices.Concat(at, kind.Spec, segments[1:])
	default:
		return errors.New("not in the pod's metadata or spec")
	}
	parent, err := d.walk(path[:len(path)-1])
	if err != nil {
		return err
	}
	last := path[len(path)-1]
	var value *node
	switch op.Op {
	case "add", "replace":
		if value, err = freshNode(op.Value, d.arena); err != nil {
			return fmt.Errorf("value: %w", err)
		}
	case "remove":
	default:
		return errors.New("not an operation that is known here")
	}
	switch parent.form {
	case objectForm:
		return d.editObject(parent, op.Op, last, value)
	case arrayForm:
		return d.editArray(parent, op.Op, last, value)
	default:
		return fmt.Errorf("%s has no members", parent.typeName())
	}
}

// pointer reads a JSON pointer (RFC 6901) of at least one segment.
func pointer(path string) ([]string, error) {
	if path == "" || path[0] != '/' {
		return nil, errors.New("no JSON pointer")
	}
	segments := strings.Split(path[1:], "/")
	if strings.Contains(path, "~") {
		for i, s := range segments {
			segments[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
		}
	}
	return segments, nil
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
	if err != nil || ok && (m.value.form != scalarForm || !m.value.scalar.isNull()) {
		return err
	}
	return d.editObject(parent, "add", name, &node{form: objectForm, start: -1, dirty: true})
}

// walk goes down a path to a value that is about to change, and makes
// everything on the way the document's own: no alias leads there, and no alias
// elsewhere will see the change.
func (d *document) walk(path []string) (*node, error) {
	n := d.root
	if err := d.release(n); err != nil {
		return nil, err
	}
	for _, segment := range path {
		e, err := d.step(n, segment)
		if err != nil {
			return nil, err
		}
		if e.value.form == aliasForm {
			made, err := d.copyOf(e.value, 0)
			if err != nil {
				return nil, err
			}
			e.value.become(made)
		}
		n = e.value
		if err := d.release(n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (d *document) step(n *node, segment string) (*entry, error) {
	switch n.form {
	case objectForm:
		m, ok, err := d.lookup(n, segment)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("there is no %q", clip(segment))
		}
		if m.entry != nil {
			return m.entry, nil
		}
		made, err := d.copyOf(m.value, 0)
		if err != nil {
			return nil, err
		}
		return d.put(n, segment, made), nil
	case arrayForm:
		i, err := index(segment, len(n.entries))
		if err != nil {
			return nil, err
		}
		return n.entries[i], nil
	default:
		return nil, fmt.Errorf("%s has no %q", n.typeName(), clip(segment))
	}
}

// become puts another value (or key) in this one's place.
func (n *node) become(other *node) {
	e := n.holder
	other.holder = e
	if e.key == n {
		e.key = other
	} else {
		e.value = other
	}
	e.in.soil()
}

// release replaces the aliases of a node by copies of what it is now.
func (d *document) release(n *node) error {
	for _, alias := range n.aliases {
		made, err := d.copyOf(n, 0)
		if err != nil {
			return err
		}
		if alias.holder.key == alias {
			made.scalar = stringScalar(made.scalar.key())
		}
		if alias.holder.key == alias || alias.holder.value == alias {
			alias.become(made)
		}
	}
	n.aliases = nil
	return nil
}

// discard releases what a value that goes away has anchored.
func (d *document) discard(n *node) error {
	if err := d.release(n); err != nil {
		return err
	}
	for _, e := range n.entries {
		if e.key != nil {
			if err := d.release(e.key); err != nil {
				return err
			}
		}
		if err := d.discard(e.value); err != nil {
			return err
		}
	}
	return nil
}

// put makes a value the last member of an object, in place of any that stood
// before it under this name.
func (d *document) put(n *node, name string, value *node) *entry {
	n.entries = slices.DeleteFunc(slices.Clone(n.entries), func(e *entry) bool {
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
		n.entries = slices.DeleteFunc(slices.Clone(n.entries), func(e *entry) bool { return e == m.entry })
		m.entry.gone = true
		n.soil()
		return nil
	}
	if err := d.discard(m.entry.value); err != nil {
		return err
	}
	m.entry.value.become(value)
	return nil
}

func (d *document) discardEntry(e *entry) error {
	if e.key != nil {
		if err := d.release(e.key); err != nil {
			return err
		}
	}
	return d.discard(e.value)
}

// writeOut replaces the merge keys of an object by the members they bring.
func (d *document) writeOut(n *node) error {
	list, err := d.members(n)
	if err != nil {
		return err
	}
	kept := map[*entry]bool{}
	for _, m := range list {
		kept[m.entry] = true
	}
	old := n.entries
	for _, e := range old {
		if !kept[e] {
			if err := d.discardEntry(e); err != nil {
				return err
			}
		}
	}
	n.entries = nil
	written := false
	for _, e := range old {
		if kept[e] {
			n.add(e)
			continue
		}
		e.gone = true
		if !e.merge || written {
			continue
		}
		written = true
		for _, m := range list {
			if m.entry != nil {
				continue
			}
			made, err := d.copyOf(m.value, 0)
			if err != nil {
				return err
			}
			n.add(newMember(m.name, made))
		}
	}
	n.merges = false
	n.soil()
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
		n.entries = slices.Insert(slices.Clone(n.entries), i, e)
		n.soil()
		return nil
	}
	e := n.entries[i]
	if err := d.discard(e.value); err != nil {
		return err
	}
	if op == "replace" {
		e.value.become(value)
		return nil
	}
	e.gone = true
	n.entries = slices.Delete(slices.Clone(n.entries), i, i+1)
	n.soil()
	return nil
}
