package check

import (
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// owner is who has set fields of a pod, and when.
type owner struct {
	manager string
	at      time.Time
	fields  *tree.Value
}

type owners []owner

// ownersOf reads managedFields. Who only reports how the pod fares is none of them.
func ownersOf(entries []metav1.ManagedFieldsEntry) owners {
	var list owners
	for _, e := range entries {
		if e.Time == nil || e.FieldsV1 == nil || e.Subresource == "status" {
			continue
		}
		if fields, err := tree.Parse(e.FieldsV1.GetRawBytes()); err == nil {
			list = append(list, owner{e.Manager, e.Time.Time, fields})
		}
	}
	return list
}

// since is who set a field after the pod was created, nil for nobody. What came with the
// pod belongs to its creator, and what webhooks wrote then to nobody.
func (o owners) since(l *leaf, created time.Time) *owner {
	for n := range o {
		if o[n].sets(l) && !o[n].isCreator(created) {
			return &o[n]
		}
	}
	return nil
}

// created says whether it is known what the pod was created with.
func (o owners) created(at time.Time) bool {
	return slices.ContainsFunc(o, func(o owner) bool { return o.isCreator(at) })
}

// createdContainer says whether the pod was created with a container of that name.
func (o owners) createdContainer(at time.Time, list, name string) bool {
	key := `k:{"name":` + string(tree.NewString(name).JSON()) + `}`
	return slices.ContainsFunc(o, func(o owner) bool {
		return o.isCreator(at) && o.fields.Get("f:spec", "f:"+list, key, "f:name") != nil
	})
}

// isCreator says that it has set the names of containers when the pod was created.
func (o owner) isCreator(created time.Time) bool {
	if o.at.After(created) {
		return false
	}
	for _, m := range o.fields.Get("f:spec", "f:containers").Members() {
		if m.Value.Get("f:name") != nil {
			return true
		}
	}
	return false
}

// sets follows a field through the names that FieldsV1 has for it.
func (o owner) sets(l *leaf) bool {
	at := o.fields
	for n, step := range l.steps {
		if at.Len() == 0 {
			return n > 0 // all of what it is in
		}
		in, next := l.in[n], (*tree.Value)(nil)
		if in.Kind() == tree.Array {
			next = elementOf(at, in, step)
		} else {
			next = at.Get("f:" + step)
		}
		if next == nil {
			return false
		}
		at = next
	}
	return true
}

// elementOf finds the fields of a list's element by the members that name it.
func elementOf(fields, list *tree.Value, index string) *tree.Value {
	i, _ := strconv.Atoi(index) // it was made of a number
	for _, m := range fields.Members() {
		text, isKey := strings.CutPrefix(m.Key, "k:")
		if !isKey {
			continue
		}
		key, err := tree.Parse([]byte(text))
		if err != nil {
			continue
		}
		matches := true
		for _, k := range key.Members() {
			matches = matches && tree.Equal(list.Items()[i].Get(k.Key), k.Value)
		}
		if matches {
			return m.Value
		}
	}
	return nil
}
