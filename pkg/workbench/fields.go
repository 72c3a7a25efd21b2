package workbench

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// written is a pod after a patch that remembers what the patch wrote, down to the
// single value.
type written struct {
	change string // empty for what was there before
	was    *tree.Value
	// kind, and text of a scalar
	kind    tree.Kind
	scalar  *tree.Value
	members []writtenMember
	items   []*written
	// gone are the members and items that were taken away.
	gone []Field
}

type writtenMember struct {
	key string
	*written
}

func newWritten(v *tree.Value, change string) *written {
	w := &written{change: change, kind: v.Kind()}
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

// value is the document as it stands.
func (w *written) value() *tree.Value {
	switch w.kind {
	case tree.Object:
		members := make([]tree.Member, len(w.members))
		for i, m := range w.members {
			members[i] = tree.Member{Key: m.key, Value: m.value()}
		}
		return tree.NewObject(members...)
	case tree.Array:
		items := make([]*tree.Value, len(w.items))
		for i, item := range w.items {
			items[i] = item.value()
		}
		return tree.NewArray(items...)
	default:
		return w.scalar
	}
}

func (w *written) find(key string) int {
	return slices.IndexFunc(w.members, func(m writtenMember) bool { return m.key == key })
}

// apply follows a patch.
func (w *written) apply(patch tree.Patch) error {
	for _, o := range patch {
		if err := w.operate(o); err != nil {
			return fmt.Errorf("%s %s: %w", o.Op, o.Path, err)
		}
	}
	return nil
}

func (w *written) operate(o tree.Operation) error {
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
	var now *written
	if o.Op != "remove" {
		v, err := tree.Parse(o.Value)
		if err != nil {
			return err
		}
		now = newWritten(v, Added)
	}
	if parent.kind == tree.Array {
		return parent.operateOnItem(o.Op, last, now)
	}
	return parent.operateOnMember(last, now)
}

func (w *written) child(step string) *written {
	if w.kind == tree.Array {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(w.items) {
			return w.items[i]
		}
		return nil
	}
	if i := w.find(step); i >= 0 {
		return w.members[i].written
	}
	return nil
}

func (w *written) operateOnItem(op, step string, now *written) error {
	i, err := strconv.Atoi(step)
	if err != nil || i < 0 || i > len(w.items) || i == len(w.items) && op != "add" {
		return fmt.Errorf("%q is no index of a list of %d", step, len(w.items))
	}
	switch op {
	case "add":
		w.items = slices.Insert(w.items, i, now)
	case "remove":
		w.lose(indexName(step, w.items[i].value()), w.items[i])
		w.items = slices.Delete(w.items, i, i+1)
	default:
		now.replaces(w.items[i])
		w.items[i] = now
	}
	return nil
}

func (w *written) operateOnMember(key string, now *written) error {
	i := w.find(key)
	switch {
	case now == nil && i < 0:
		return fmt.Errorf("there is no %q", key)
	case now == nil:
		w.lose(memberName(key), w.members[i].written)
		w.members = slices.Delete(w.members, i, i+1)
	case i < 0:
		w.members = append(w.members, writtenMember{key, now})
	default:
		now.replaces(w.members[i].written)
		w.members[i].written = now
	}
	return nil
}

// replaces marks a value as one that takes the place of another. What takes the
// place of something the patch itself wrote stays new.
func (w *written) replaces(old *written) {
	if old.change == Added {
		return
	}
	w.change, w.was = Changed, old.value()
}

// lose notes what is taken away, unless the patch itself put it there.
func (w *written) lose(name string, old *written) {
	if old.change != Added {
		w.gone = append(w.gone, Field{Name: name, Change: Removed, Was: old.value().JSON()})
	}
}

// visit calls found for all that was written or taken away, in the order of the
// document: for the leaves of what is new, and for what is gone.
func (w *written) visit(found func(f Field, w *written)) { w.walk("", "", "", found) }

// walk has the change of what the value is part of.
func (w *written) walk(path, name, change string, found func(Field, *written)) {
	if w.change != "" {
		change = w.change
	}
	for _, f := range w.gone {
		f.Path, f.Name = path, trimDot(name+f.Name)
		found(f, w)
	}
	for _, m := range w.members {
		m.walk(string(tree.AppendStep([]byte(path), m.key)), name+memberName(m.key), change, found)
	}
	for i, item := range w.items {
		n := strconv.Itoa(i)
		item.walk(path+"/"+n, name+indexName(n, item.value()), change, found)
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

// memberName is how people write a member in a path.
func memberName(key string) string {
	for _, r := range key {
		if !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "[" + key + "]"
		}
	}
	return "." + key
}

// indexName is how people write an item in a path: by its name, if it has one.
func indexName(index string, item *tree.Value) string {
	if name, ok := item.Get("name").Str(); ok && name != "" {
		return "[" + name + "]"
	}
	return "[" + index + "]"
}

func trimDot(name string) string {
	if name != "" && name[0] == '.' {
		return name[1:]
	}
	return name
}
