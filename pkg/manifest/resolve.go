package manifest

import (
	"bytes"
	"errors"
	"fmt"
)

// maxDepth is how deep values may stand in each other. Those of an anchor that contains
// itself have no end.
const maxDepth = 1000

var errDepth = errors.New("it is nested too deeply, or an anchor contains itself")

// member is a member of an object once aliases and merge keys are resolved.
type member struct {
	name  string
	value *node // no alias
	// entry is where the member stands in the object itself; nil for one that
	// a merge key brings.
	entry *entry
	// merged is set where a merge key brings a value of this name, too.
	merged bool
	// aliased is set where the value stands elsewhere in the text.
	aliased bool
}

func deref(n *node) *node {
	for n.form == aliasForm {
		n = n.target
	}
	return n
}

// members lists what an object says once merge keys are resolved: the last
// word on a name wins, as with Kubernetes.
func (d *document) members(n *node) ([]member, error) {
	if !n.merges {
		list := make([]member, len(n.entries))
		for i, e := range n.entries {
			list[i] = e.member()
		}
		return list, nil
	}
	var list []member
	at := map[string]int{}
	set := func(m member) {
		if i, ok := at[m.name]; ok {
			m.merged = m.merged || list[i].merged
			list[i] = m
			return
		}
		at[m.name] = len(list)
		list = append(list, m)
	}
	merge := func(n *node) error {
		n = deref(n)
		if n.form != objectForm {
			return errors.New("a merge key (<<) wants a mapping")
		}
		if d.merging++; d.merging > maxDepth {
			return errDepth
		}
		from, err := d.members(n)
		d.merging--
		if err != nil {
			return err
		}
		if err := d.aliases.Add(1 + len(from)); err != nil {
			return err
		}
		for _, m := range from {
			set(member{name: m.name, value: m.value, merged: true, aliased: true})
		}
		return nil
	}
	for _, e := range n.entries {
		if !e.merge {
			set(e.member())
			continue
		}
		if e.value.form != arrayForm {
			if err := merge(e.value); err != nil {
				return nil, err
			}
			continue
		}
		for i := len(e.value.entries) - 1; i >= 0; i-- { // the first takes precedence
			if err := merge(e.value.entries[i].value); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// member is what an entry says, which is no merge key.
func (e *entry) member() member {
	return member{name: e.name(), value: deref(e.value), entry: e, aliased: e.value.form == aliasForm}
}

// lookup finds a member of an object. ok is false where there is none.
func (d *document) lookup(n *node, name string) (m member, ok bool, err error) {
	if !n.merges {
		for _, e := range n.entries {
			if e.name() == name {
				return e.member(), true, nil
			}
		}
		return member{}, false, nil
	}
	list, err := d.members(n)
	if err != nil {
		return member{}, false, err
	}
	for _, m := range list {
		if m.name == name {
			return m, true, nil
		}
	}
	return member{}, false, nil
}

// appendJSON appends the JSON of a value, members in the order of the text.
func (d *document) appendJSON(b []byte, n *node, depth int) ([]byte, error) {
	if depth > maxDepth {
		return b, errDepth
	}
	switch n.form {
	case aliasForm:
		return d.appendAliased(b, deref(n), depth)
	case objectForm:
		return d.appendObject(b, n, depth)
	case arrayForm:
		b = append(b, '[')
		for i, e := range n.entries {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = d.appendJSON(b, e.value, depth+1); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	default:
		if n.flaw != nil {
			return b, n.flaw
		}
		if n.scalar.isString {
			return appendJSONString(b, n.scalar.text), nil
		}
		return append(b, n.scalar.text...), nil
	}
}

// appendObject appends the JSON of an object.
func (d *document) appendObject(b []byte, n *node, depth int) (_ []byte, err error) {
	b = append(b, '{')
	if !n.merges { // as nearly always, and then no list is needed
		for i, e := range n.entries {
			if b, err = d.appendMember(b, i, e.member(), depth); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
	list, err := d.members(n)
	if err != nil {
		return b, err
	}
	for i, m := range list {
		if b, err = d.appendMember(b, i, m, depth); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (d *document) appendMember(b []byte, i int, m member, depth int) ([]byte, error) {
	if i > 0 {
		b = append(b, ',')
	}
	b = append(appendJSONString(b, m.name), ':')
	if m.aliased {
		return d.appendAliased(b, m.value, depth+1)
	}
	return d.appendJSON(b, m.value, depth+1)
}

// appendAliased appends the JSON of a value that an alias or a merge key stands for.
func (d *document) appendAliased(b []byte, n *node, depth int) ([]byte, error) {
	begin := len(b)
	b, err := d.appendJSON(b, n, depth+1)
	if err == nil {
		err = d.aliases.Add(len(b) - begin)
	}
	return b, err
}

// copyOf makes a value of its own of what n stands for, with no aliases, merge
// keys or anchors, and no place in the text.
func (d *document) copyOf(n *node, depth int) (*node, error) {
	n = deref(n)
	if depth > maxDepth {
		return nil, errDepth
	}
	if err := d.aliases.Add(len(n.scalar.text) + len(`"":"",`)); err != nil {
		return nil, err
	}
	made := d.node()
	*made = node{form: n.form, start: -1, scalar: n.scalar, flaw: n.flaw, dirty: true}
	switch n.form {
	case objectForm:
		list, err := d.members(n)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			value, err := d.copyOf(m.value, depth+1)
			if err != nil {
				return nil, err
			}
			made.add(newMember(m.name, value))
		}
	case arrayForm:
		for _, e := range n.entries {
			value, err := d.copyOf(e.value, depth+1)
			if err != nil {
				return nil, err
			}
			made.add(&entry{at: -1, value: value})
		}
	}
	return made, nil
}

// jsonable checks that a whole tree can be read as an object of Kubernetes:
// keys are scalars, values have a place in JSON.
func jsonable(n *node) (flawed *node, err error) {
	switch n.form {
	case objectForm:
		for _, e := range n.entries {
			key := deref(e.key)
			switch {
			case key.form != scalarForm:
				return e.key, errors.New("a mapping's key is no scalar")
			case key.flaw != nil:
				return e.key, key.flaw
			case key.scalar.isNull():
				return e.key, errors.New("a mapping's key is empty")
			}
			if flawed, err = jsonable(e.value); err != nil {
				return flawed, err
			}
		}
	case arrayForm:
		for _, e := range n.entries {
			if flawed, err = jsonable(e.value); err != nil {
				return flawed, err
			}
		}
	case scalarForm:
		if n.flaw != nil {
			return n, fmt.Errorf("%w", n.flaw)
		}
	}
	return nil, nil
}

// headOf is what the first levels of a document's tree say of it.
func (d *document) headOf(n *node) head {
	if n.form != objectForm {
		return head{}
	}
	h := head{apiVersion: d.textOf(n, "apiVersion"), kind: d.textOf(n, "kind")}
	if m, ok, _ := d.lookup(n, "metadata"); ok && m.value.form == objectForm {
		h.name, h.namespace = d.textOf(m.value, "name"), d.textOf(m.value, "namespace")
	}
	if m, ok, _ := d.lookup(n, "sops"); ok && m.value.form == objectForm {
		if _, ok, _ := d.lookup(m.value, "mac"); ok {
			h.sops = 1 + bytes.Count(d.text[:m.entry.at], []byte("\n"))
		}
	}
	return h
}
