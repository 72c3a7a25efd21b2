package manifest

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
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

// own lets the entries be changed where they are: those of the text stay as they were.
func (n *node) own() {
	if len(n.entries) > 0 && len(n.source) > 0 && &n.entries[0] == &n.source[0] {
		n.entries = slices.Clone(n.entries)
	}
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
	head head
	// begin is where in the text the document itself begins, where the text shows what
	// stands left of it.
	begin int
	// of is set for an item of a List that was cut.
	of *listPlace
	// unit is what the text around indents by, where the document is JSON.
	unit string
	// duplicates are the keys that stand twice.
	duplicates []duplicate
	*arena
	// lent is the length of a line break that the text's end does not have itself.
	lent int
	// keeps are the ends of literals whose trailing blank lines are content.
	keeps map[int]bool
	// aliases bounds what the aliases of one pod stand for.
	aliases tree.Aliases
	// merging is how many merge keys deep the reading of members is.
	merging int
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
