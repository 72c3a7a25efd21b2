package explain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// How a field differs from what was there before.
const (
	Added   = "added"
	Changed = "changed"
	Removed = "removed"
)

// Field is one value that injection wrote or took away.
type Field struct {
	// Path is a JSON pointer into the pod, and Name the same for people, with
	// items by their names: spec.containers[istio-proxy].image. Of what is gone,
	// Path is that of what it was in.
	Path string `json:"path"`
	Name string `json:"name"`
	// Change is Added, Changed or Removed.
	Change string `json:"change"`
	// Was is what stood there before.
	Was json.RawMessage `json:"was,omitempty"`
	// Value is what stands there now, nil for what is gone.
	Value *tree.Value `json:"-"`
	// By is what wrote it, nil where that is not known.
	By *inject.Writer `json:"by,omitempty"`
}

// Written is a pod after a patch that remembers what the patch wrote, down to the
// single value.
type Written struct {
	change string // empty for what was there before
	was    *tree.Value
	// kind, and text of a scalar
	kind    tree.Kind
	scalar  *tree.Value
	members []writtenMember
	items   []*Written
	// gone are the members and items that were taken away.
	gone []Field
}

type writtenMember struct {
	key   string
	value *Written
}

// NewWritten is a document of which nothing was written.
func NewWritten(v *tree.Value) *Written { return newWritten(v, "") }

func newWritten(v *tree.Value, change string) *Written {
	w := &Written{change: change, kind: v.Kind()}
	switch w.kind {
	case tree.Object:
		for _, m := range v.Members() {
			w.members = append(w.members, writtenMember{m.Key, newWritten(m.Value, change)})
		}
	case tree.Array:
		for _, item := range v.Items() {
			w.items = append(w.items, newWritten(item, change))
		}
	default:
		w.scalar = v
	}
	return w
}

// Value is the document as it stands.
func (w *Written) Value() *tree.Value {
	switch w.kind {
	case tree.Object:
		members := make([]tree.Member, len(w.members))
		for i, m := range w.members {
			members[i] = tree.Member{Key: m.key, Value: m.value.Value()}
		}
		return tree.NewObject(members...)
	case tree.Array:
		items := make([]*tree.Value, len(w.items))
		for i, item := range w.items {
			items[i] = item.Value()
		}
		return tree.NewArray(items...)
	default:
		return w.scalar
	}
}

func (w *Written) find(key string) int {
	return slices.IndexFunc(w.members, func(m writtenMember) bool { return m.key == key })
}

// Apply follows a patch.
func (w *Written) Apply(patch tree.Patch) error {
	for _, o := range patch {
		if err := w.operate(o); err != nil {
			return fmt.Errorf("%s %s: %w", o.Operation, o.Path, err)
		}
	}
	return nil
}

func (w *Written) operate(o jsonpatch.Operation) error {
	steps := tree.Steps(o.Path)
	if len(steps) == 0 {
		return fmt.Errorf("the whole document")
	}
	parent := w
	for _, step := range steps[:len(steps)-1] {
		if parent = parent.child(step); parent == nil {
			return fmt.Errorf("there is no %q", step)
		}
	}
	last := steps[len(steps)-1]
	var now *Written
	if o.Operation != "remove" {
		v, err := tree.Parse(tree.TextOf(o))
		if err != nil {
			return err
		}
		now = newWritten(v, Added)
	}
	if parent.kind == tree.Array {
		return parent.operateOnItem(o.Operation, last, now)
	}
	return parent.operateOnMember(last, now)
}

func (w *Written) child(step string) *Written {
	if w.kind == tree.Array {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(w.items) {
			return w.items[i]
		}
		return nil
	}
	if i := w.find(step); i >= 0 {
		return w.members[i].value
	}
	return nil
}

func (w *Written) operateOnItem(op, step string, now *Written) error {
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i > len(w.items) || i == len(w.items) && op != "add" {
		return fmt.Errorf("%q is no index of a list of %d", step, len(w.items))
	}
	switch op {
	case "add":
		w.items = slices.Insert(w.items, i, now)
	case "remove":
		w.lose(IndexName(step, w.items[i].Value()), w.items[i])
		w.items = slices.Delete(w.items, i, i+1)
	default:
		now.replaces(w.items[i])
		w.items[i] = now
	}
	return nil
}

func (w *Written) operateOnMember(key string, now *Written) error {
	i := w.find(key)
	switch {
	case now == nil && i < 0:
		return fmt.Errorf("there is no %q", key)
	case now == nil:
		w.lose(MemberName(key), w.members[i].value)
		w.members = slices.Delete(w.members, i, i+1)
	case i < 0:
		w.members = append(w.members, writtenMember{key, now})
	default:
		now.replaces(w.members[i].value)
		w.members[i].value = now
	}
	return nil
}

// replaces marks a value as one that takes the place of another. What takes the
// place of something the patch itself wrote stays new.
func (w *Written) replaces(old *Written) {
	if old.change == Added {
		return
	}
	w.change, w.was = Changed, old.Value()
}

// lose notes what is taken away, unless the patch itself put it there.
func (w *Written) lose(name string, old *Written) {
	if old.change != Added {
		w.gone = append(w.gone, Field{Name: name, Change: Removed, Was: old.Value().JSON()})
	}
}

// Visit calls found for all that was written or taken away, in the order of the
// document: for the leaves of what is new, and for what is gone.
func (w *Written) Visit(found func(f Field, w *Written)) { w.walk("", "", "", found) }

// walk has the change of what the value is part of.
func (w *Written) walk(path, name, change string, found func(Field, *Written)) {
	if w.change != "" {
		change = w.change
	}
	for _, f := range w.gone {
		f.Path, f.Name = path, trimDot(name+f.Name)
		found(f, w)
	}
	for _, m := range w.members {
		m.value.walk(string(tree.AppendStep([]byte(path), m.key)), name+MemberName(m.key), change, found)
	}
	for i, item := range w.items {
		n := strconv.Itoa(i)
		item.walk(path+"/"+n, name+IndexName(n, item.Value()), change, found)
	}
	if change == "" || len(w.members)+len(w.items) > 0 {
		return
	}
	f := Field{Path: path, Name: trimDot(name), Change: change}
	if w.was != nil {
		f.Was = w.was.JSON()
	}
	found(f, w)
}

// isNew says whether what stands at a path was written, all of it.
func (w *Written) isNew(path string) bool {
	for _, step := range tree.Steps(path) {
		if w.change == Added {
			return true
		}
		if w = w.child(step); w == nil {
			return false
		}
	}
	return w.change == Added
}
