package podtest

import (
	"reflect"
	"slices"
	"strings"
)

// What is drawn follows the types of the API, so that a field that Kubernetes adds is
// drawn as well: with a value of values.go where its kind alone does not tell one.

// object draws the fields of a type: those that must be there, one of those of which
// one may be, and of the others some.
func (d *drawer) object(t reflect.Type) object {
	o := object{}
	d.fill(o, t, typeName(t))
	d.fit(typeName(t), o)
	return o
}

func (d *drawer) fill(o object, t reflect.Type, owner string) {
	chosen, choice := "", oneOf[owner]
	if len(choice) > 0 {
		chosen = d.of(owner, choice...).(string)
	} else if wholeUnions[owner] {
		chosen = d.of(owner, append(fieldNames(t), often[owner]...)...).(string)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := owner + "." + name
		switch {
		case f.Anonymous && name == "":
			d.fill(o, f.Type, typeName(f.Type))
			continue
		case Undrawn[at] != "":
			continue
		case name == chosen:
		case slices.Contains(choice, any(name)) || wholeUnions[owner]:
			continue
		case options != "" && !needed[at] && !d.oneIn(max(d.rarity(owner), rare[at]), at):
			continue
		}
		if v := d.value(f.Type, at); v != nil {
			o[name] = v
		}
	}
}

// rarity is in how many cases a field that may be left out is there once.
func (d *drawer) rarity(owner string) int {
	switch {
	case owner == "PodSpec":
		return 7
	case owner == "Container" && !d.own:
		return 6
	}
	return 3
}

// value draws one of a type, nil for none.
func (d *drawer) value(t reflect.Type, at string) any {
	if v, ok := d.byHand(at); ok {
		return v
	}
	known := values[at]
	if known == nil {
		known = values[typeName(t)]
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.value(t.Elem(), at)
	case reflect.Slice:
		return d.list(t.Elem(), at)
	}
	if known != nil {
		return d.of(at, known...)
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.object(t)
	case reflect.Map:
		return object{"a": d.value(t.Elem(), at)}
	case reflect.Bool:
		return d.of(at, true, false)
	case reflect.String:
		return "a"
	}
	return 1
}

// list draws one item, or two that differ by name where they have one.
func (d *drawer) list(t reflect.Type, at string) any {
	items := []any{d.value(t, at)}
	if again := d.value(t, at); d.oneIn(3, at+" again") && !reflect.DeepEqual(identity(again), identity(items[0])) {
		items = append(items, again)
	}
	return items
}

// identity is what tells an item of a list from others, where it has such.
func identity(item any) any {
	o, isObject := item.(object)
	if !isObject {
		return item
	}
	for _, key := range []string{"name", "key", "path", "resourceName", "topologyKey", "ip", "conditionType"} {
		if o[key] != nil {
			return o[key]
		}
	}
	return nil
}

// typeName is the name of a type. The fields of ephemeral containers are those of
// others.
func typeName(t reflect.Type) string {
	if t.Name() == "EphemeralContainerCommon" {
		return "Container"
	}
	return t.Name()
}

func fieldNames(t reflect.Type) []any {
	var names []any
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Fields are all fields that a type has, and the types in it, as "Container.image".
func Fields(t reflect.Type) []string {
	seen, names := map[reflect.Type]bool{}, map[string]bool{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || seen[t] || isLeaf[t.Name()] {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
				names[typeName(t)+"."+name] = true
				if Undrawn[typeName(t)+"."+name] != "" {
					continue
				}
			}
			walk(t.Field(i).Type)
		}
	}
	walk(t)
	return sorted(names)
}

// FieldsOf adds the fields that a value of a type sets.
func FieldsOf(v any, t reflect.Type, set map[string]bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for _, item := range v {
				FieldsOf(item, t.Elem(), set)
			}
		}
	case object:
		if t.Kind() != reflect.Struct {
			return
		}
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || v[name] == nil {
				continue
			}
			owner := t
			for _, i := range f.Index[:len(f.Index)-1] {
				owner = owner.Field(i).Type
			}
			set[typeName(owner)+"."+name] = true
			FieldsOf(v[name], f.Type, set)
		}
	}
}

// isLeaf are the types with a text of their own.
var isLeaf = map[string]bool{"Quantity": true, "IntOrString": true, "Time": true}
