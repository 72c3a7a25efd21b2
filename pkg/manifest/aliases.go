package manifest

import "fmt"

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
