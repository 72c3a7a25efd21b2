package podtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Meaning leaves out what is empty: it says the same as what is not there.
func Meaning(v *tree.Value) *tree.Value {
	switch v.Kind() {
	case tree.Object:
		out := tree.NewObject()
		for _, m := range v.Members() {
			if value := Meaning(m.Value); value != nil {
				out = out.With(m.Key, value)
			}
		}
		if out.Len() > 0 {
			return out
		}
		return nil
	case tree.Array:
		var items []*tree.Value
		for _, item := range v.Items() {
			if value := Meaning(item); value != nil {
				items = append(items, value)
			}
		}
		if len(items) > 0 {
			return tree.NewArray(items...)
		}
		return nil
	case tree.Null:
		return nil
	default:
		return v
	}
}

// Differences lists where two values differ, in the form of the path of a note. Lists
// of named objects are matched by name, and the order of those that both have
// counts: a list out of order differs as such.
func Differences(a, b *tree.Value, path string) []string {
	if tree.Equal(a, b) {
		return nil
	}
	var list []string
	switch {
	case a.Kind() == tree.Object || b.Kind() == tree.Object:
		for _, m := range slices.Concat(a.Members(), b.Members()) {
			list = append(list, Differences(a.Get(m.Key), b.Get(m.Key), strings.TrimPrefix(path+"."+m.Key, "."))...)
		}
		if len(list) == 0 {
			list = append(list, path)
		}
	case a.Kind() == tree.Array || b.Kind() == tree.Array:
		for _, item := range slices.Concat(a.Items(), b.Items()) {
			name := item.Get("name").Text()
			list = append(list, Differences(named(a, name), named(b, name), fmt.Sprintf("%s[%s]", path, name))...)
		}
		if len(list) == 0 {
			list = append(list, path)
		}
	default:
		list = append(list, path)
	}
	return list
}

func named(list *tree.Value, name string) *tree.Value {
	for _, item := range list.Items() {
		if item.Get("name").Text() == name {
			return item
		}
	}
	return nil
}
