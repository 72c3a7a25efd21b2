package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

type form uint8

const (
	scalarForm form = iota
	objectForm
	arrayForm
	aliasForm
)

// node is one value of a document, with its place in the text.
type node struct {
	form form
	// flow is set for collections in flow style, JSON's among them.
	flow bool
	// odd is set for collections whose text is not edited in place: explicit
	// keys ("? key") and pairs without braces ("[key: value]").
	odd bool
	// block is set for literal and folded scalars.
	block bool
	// dirty is set when something in or below the node differs from the text.
	dirty bool

	// start and end delimit the value in the text, anchor and tag included. A
	// node that is not in the text has start -1. body is where the value begins
	// behind anchor and tag.
	start, body, end int
	// column counts the characters left of a block collection's entries.
	column int

	scalar scalar
	// flaw is why the value cannot be read as JSON, for scalars.
	flaw error

	entries []*entry // as changed
	source  []*entry // as in the text; may share memory with entries until they change
	merges  bool     // among the entries is a merge key

	anchor  string
	aliases []*node // those that refer to this node
	target  *node   // of an alias
	holder  *entry  // the entry whose value (or key) this is
}

// entry is a member of an object or an item of an array.
type entry struct {
	in *node
	// at is where the entry begins in the text: its key, or its dash. -1 for
	// entries that are not in the text.
	at int
	// after is where the value may begin: behind the colon or dash, or -1 in
	// flow style where there is none.
	after int
	key   *node  // nil in arrays, and for members that are not in the text
	label string // the name of a member without a key
	merge bool   // the key is a merge key
	value *node
	// was are the key and value in the text, if the text has the entry.
	wasKey, was *node
	gone        bool
}

func (n *node) inText() bool { return n.start >= 0 }

// name is the member's name in JSON.
func (e *entry) name() string {
	switch k := e.key; {
	case k == nil:
		return e.label
	case k.form == aliasForm:
		return k.target.scalar.key()
	default:
		return k.scalar.key()
	}
}

// end is where the entry's text ends.
func (e *entry) end() int {
	end := e.was.end
	if e.after > end {
		end = e.after
	}
	if e.wasKey != nil && e.wasKey.end > end {
		end = e.wasKey.end
	}
	return end
}

func (n *node) add(e *entry) {
	e.in = n
	e.value.holder = e
	if e.key != nil {
		e.key.holder = e
	}
	if n.entries == nil {
		n.entries = make([]*entry, 0, 4)
	}
	n.entries = append(n.entries, e)
}

// placed notes that the entries are those of the text.
func (n *node) placed() {
	n.entries = slices.Clip(n.entries)
	n.source = n.entries
}

// soil marks a node and all above it as different from the text.
func (n *node) soil() {
	for n != nil && !n.dirty {
		n.dirty = true
		if n.holder == nil {
			return
		}
		n = n.holder.in
	}
}

// document is one document of the stream, and its tree.
type document struct {
	text []byte
	root *node
	json bool
	*arena
	// tail is a literal or folded scalar that the end of the text cuts short of
	// its line break.
	tail *node
	// keeps are the ends of literals whose trailing blank lines are content.
	keeps map[int]bool
	// budget bounds the nodes that aliases may be expanded to.
	budget int
}

// expansionLimit is far beyond what people write, and far below what would
// take a machine down.
const expansionLimit = 200_000

var errExpansion = errors.New("aliases expand to too much, or an anchor contains itself")

// member is a member of an object once aliases and merge keys are resolved.
type member struct {
	name  string
	value *node // no alias
	// entry is where the member stands in the object itself; nil for one that
	// a merge key brings.
	entry *entry
	// merged is set where a merge key brings a value of this name, too.
	merged bool
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
			list[i] = member{name: e.name(), value: deref(e.value), entry: e}
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
		if d.budget--; d.budget < 0 {
			return errExpansion
		}
		from, err := d.members(n)
		if err != nil {
			return err
		}
		for _, m := range from {
			set(member{name: m.name, value: m.value, merged: true})
		}
		return nil
	}
	for _, e := range n.entries {
		if !e.merge {
			set(member{name: e.name(), value: deref(e.value), entry: e})
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

// lookup finds a member of an object. ok is false where there is none.
func (d *document) lookup(n *node, name string) (m member, ok bool, err error) {
	if !n.merges {
		for _, e := range n.entries {
			if e.name() == name {
				return member{name: name, value: deref(e.value), entry: e}, true, nil
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
	n = deref(n)
	if d.budget--; d.budget < 0 || depth > 1000 {
		return b, errExpansion
	}
	switch n.form {
	case objectForm:
		list, err := d.members(n)
		if err != nil {
			return b, err
		}
		b = append(b, '{')
		for i, m := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, m.name), ':')
			if b, err = d.appendJSON(b, m.value, depth+1); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
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

// copyOf makes a value of its own of what n stands for, with no aliases, merge
// keys or anchors, and no place in the text.
func (d *document) copyOf(n *node, depth int) (*node, error) {
	n = deref(n)
	if d.budget--; d.budget < 0 || depth > 1000 {
		return nil, errExpansion
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

func newMember(name string, value *node) *entry {
	return &entry{at: -1, label: name, value: value}
}

// typeName says what a value is, in JSON's words.
func (n *node) typeName() string {
	switch n = deref(n); n.form {
	case objectForm:
		return "an object"
	case arrayForm:
		return "an array"
	default:
		switch {
		case n.scalar.isString:
			return "a string"
		case n.scalar.isNull():
			return "null"
		case n.scalar.text == "true" || n.scalar.text == "false":
			return "a boolean"
		default:
			return "a number"
		}
	}
}

// index reads an array index of a patch's path.
func index(segment string, length int) (int, error) {
	i, err := strconv.Atoi(segment)
	if err != nil || i < 0 || i >= length || (len(segment) > 1 && segment[0] == '0') || segment[0] == '+' {
		return 0, fmt.Errorf("%q is no index of an array of %d", clip(segment), length)
	}
	return i, nil
}
