package podmerge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The directives of Kubernetes' strategic merge patch.
const (
	patchDirective          = "$patch"
	retainKeysDirective     = "$retainKeys"
	elementOrderDirective   = "$setElementOrder/"
	deleteFromListDirective = "$deleteFromPrimitiveList/"
	patchReplace            = "replace"
	patchDelete             = "delete"
)

// Merge lays a strategic merge patch over an object of this schema, as the API
// server would: objects by their members, lists that the types mark so by their
// merge keys, everything else replaced; null takes away. What the patch does not
// change is shared with the original.
func (s *Schema) Merge(original, patch *tree.Value, path string) (*tree.Value, error) {
	merged, err := s.mergeObject(original, patch)
	return merged, under(path, err)
}

func (s *Schema) mergeObject(original, patch *tree.Value) (*tree.Value, error) {
	if directive := patch.Get(patchDirective); directive != nil {
		switch directive.Text() {
		case patchReplace:
			return s.WithoutDirectives(patch), nil
		case patchDelete:
			return tree.NewObject(), nil
		default:
			return nil, &Fault{Why: "unknown $patch directive " + tree.Describe(directive)}
		}
	}
	if original.Kind() != tree.Object {
		original = tree.NewObject()
	}
	edit := original.Edit()
	if keep := patch.Get(retainKeysDirective); keep != nil {
		kept := make(map[string]bool, keep.Len())
		for _, k := range keep.Items() {
			kept[k.Text()] = true
		}
		for _, m := range original.Members() {
			if !kept[m.Key] {
				edit.Set(m.Key, nil)
			}
		}
	}
	if s != nil {
		for _, u := range s.unions {
			u.makeRoom(edit, patch)
		}
	}
	for _, m := range patch.Members() {
		if strings.HasPrefix(m.Key, "$") {
			continue
		}
		merged, err := s.mergeMember(edit.Get(m.Key), m)
		if err != nil {
			return nil, in(Step{m.Key, stepField}, err)
		}
		edit.Set(m.Key, merged)
	}
	for _, m := range patch.Members() {
		if key, ok := strings.CutPrefix(m.Key, deleteFromListDirective); ok && edit.Get(key) != nil {
			edit.Set(key, without(edit.Get(key), m.Value))
		}
	}
	for _, m := range patch.Members() {
		if key, ok := strings.CutPrefix(m.Key, elementOrderDirective); ok && edit.Get(key) != nil {
			list := edit.Get(key)
			ordered := arrange(list.Items(), m.Value.Items(), original.Get(key).Items(), keyOf(s.Field(key)))
			edit.Set(key, sameOr(list, ordered))
		}
	}
	return edit.Value(), nil
}

// mergeMember returns what becomes of one member; nil where it goes.
func (s *Schema) mergeMember(old *tree.Value, m tree.Member) (*tree.Value, error) {
	field := s.Field(m.Key)
	switch {
	case m.Value.Kind() == tree.Null:
		return nil, nil
	case old == nil || old.Kind() != m.Value.Kind():
		if m.Value.Get(patchDirective) != nil && !(old == nil && field.replaced(m.Value)) {
			return nil, nil
		}
		return field.WithoutDirectives(m.Value), nil
	case m.Value.Kind() == tree.Object:
		return field.mergeObject(old, m.Value)
	case m.Value.Kind() == tree.Array && field != nil && field.merges:
		return field.mergeList(old, m.Value)
	case tree.Equal(old, m.Value):
		return old, nil
	default:
		return field.WithoutDirectives(m.Value), nil
	}
}

// mergeList merges a list by its merge key, or as a set of scalars.
func (s *Schema) mergeList(original, patch *tree.Value) (*tree.Value, error) {
	if s.mergeKey == "" {
		var items []*tree.Value
		var seen nameSet
		for _, item := range slices.Concat(original.Items(), patch.Items()) {
			if seen.add(item.Text()) {
				items = append(items, item)
			}
		}
		return sameOr(original, arrange(items, patch.Items(), original.Items(), (*tree.Value).Text)), nil
	}
	key := keyOf(s)
	base, laid, err := s.specialElements(original.Items(), patch.Items())
	if err != nil {
		return nil, err
	}
	items := append(make([]*tree.Value, 0, len(base)+len(laid)), base...)
	position, apart := positions(items, key), true
	unique := len(position) == len(base)
	for _, element := range laid {
		name := key(element)
		if name == "" {
			place := strconv.Itoa(slices.Index(patch.Items(), element))
			return nil, in(Step{place, stepElement}, &Fault{Why: "it has no " + s.mergeKey + " to merge by"})
		}
		i, ok := position[name]
		if !ok {
			position[name] = len(items)
			items = append(items, s.elem.WithoutDirectives(element))
			continue
		}
		apart = false
		if items[i], err = s.elem.mergeObject(items[i], element); err != nil {
			return nil, in(Step{name, stepElement}, err)
		}
	}
	if apart && unique { // what is new goes to the front, and all else stays
		return sameOr(original, slices.Concat(items[len(base):], base)), nil
	}
	return sameOr(original, arrange(items, laid, base, key)), nil
}

// specialElements carries out the elements of a patch list that are directives,
// and returns what is then the list and what is left to lay over it.
func (s *Schema) specialElements(original, patch []*tree.Value) (base, laid []*tree.Value, err error) {
	if !slices.ContainsFunc(patch, func(element *tree.Value) bool { return element.Get(patchDirective) != nil }) {
		return original, patch, nil
	}
	replace := false
	gone := map[string]bool{}
	for _, element := range patch {
		directive := element.Get(patchDirective)
		switch {
		case directive == nil:
			laid = append(laid, element)
		case directive.Text() == patchReplace:
			replace = true
		case directive.Text() == patchDelete:
			name := keyOf(s)(element)
			if name == "" {
				return nil, nil, &Fault{Why: "$patch: delete wants the " + s.mergeKey + " of what to delete"}
			}
			gone[name] = true
		default:
			return nil, nil, &Fault{Why: "unknown $patch directive " + tree.Describe(directive)}
		}
	}
	if replace {
		return s.WithoutDirectives(tree.NewArray(laid...)).Items(), nil, nil
	}
	if len(gone) > 0 {
		original = slices.DeleteFunc(slices.Clone(original), func(o *tree.Value) bool { return gone[keyOf(s)(o)] })
	}
	return original, laid, nil
}

// keyOf returns how to name an element of a list: its merge key's value as
// text, or a scalar's own.
func keyOf(s *Schema) func(*tree.Value) string {
	if s == nil || s.mergeKey == "" {
		return (*tree.Value).Text
	}
	return func(element *tree.Value) string { return element.Get(s.mergeKey).Text() }
}

func positions(items []*tree.Value, key func(*tree.Value) string) map[string]int {
	m := make(map[string]int, len(items))
	for i, item := range items {
		if _, ok := m[key(item)]; !ok {
			m[key(item)] = i
		}
	}
	return m
}

// arrange puts a merged list in the order of the API server: elements of the
// patch as the patch has them, the others as the original had them, and between
// the two kinds, those that the original had keep its order, while what is new
// in the patch goes as far to the front as that allows.
func arrange(items, patch, original []*tree.Value, key func(*tree.Value) string) []*tree.Value {
	inPatch, inOriginal := positions(patch, key), positions(original, key)
	var own, others []*tree.Value
	for _, item := range items {
		if _, ok := inPatch[key(item)]; ok {
			own = append(own, item)
		} else {
			others = append(others, item)
		}
	}
	slices.SortStableFunc(own, func(a, b *tree.Value) int { return inPatch[key(a)] - inPatch[key(b)] })
	// No change but where a key stands twice: those elements come together.
	slices.SortStableFunc(others, func(a, b *tree.Value) int { return inOriginal[key(a)] - inOriginal[key(b)] })
	result := make([]*tree.Value, 0, len(items))
	for len(own) > 0 && len(others) > 0 {
		o, had := inOriginal[key(own[0])]
		if had && inOriginal[key(others[0])] < o {
			result, others = append(result, others[0]), others[1:]
		} else {
			result, own = append(result, own[0]), own[1:]
		}
	}
	return append(append(result, own...), others...)
}

// sameOr returns the old list where the items are its own, in order.
func sameOr(old *tree.Value, items []*tree.Value) *tree.Value {
	if slices.Equal(old.Items(), items) {
		return old
	}
	return tree.NewArray(items...)
}

// without takes texts out of a list of them.
func without(list, gone *tree.Value) *tree.Value {
	drop := positions(gone.Items(), (*tree.Value).Text)
	return sameOr(list, slices.DeleteFunc(slices.Clone(list.Items()), func(item *tree.Value) bool {
		_, found := drop[item.Text()]
		return found
	}))
}

// WithoutDirectives returns a patch's value as it stands where there was nothing
// to merge with: nulls have nothing to take away, and directives nothing to direct.
func (s *Schema) WithoutDirectives(v *tree.Value) *tree.Value {
	switch v.Kind() {
	case tree.Array:
		var elem *Schema
		if s != nil {
			elem = s.elem
		}
		return v.MapItems(func(item *tree.Value) *tree.Value {
			if item.Get(patchDirective) != nil {
				return nil
			}
			return elem.WithoutDirectives(item)
		})
	case tree.Object:
		return v.MapMembers(func(m tree.Member) *tree.Value {
			field := s.Field(m.Key)
			if m.Value.Kind() == tree.Null || strings.HasPrefix(m.Key, "$") || m.Value.Get(patchDirective) != nil && !field.replaced(m.Value) {
				return nil
			}
			return field.WithoutDirectives(m.Value)
		})
	default:
		return v
	}
}

// replaced says that a patch's value takes the place of an object that Kubernetes
// always writes: where nothing is in it, it is as good as there.
func (s *Schema) replaced(v *tree.Value) bool {
	return s != nil && s.always && v.Get(patchDirective).Text() == patchReplace
}
