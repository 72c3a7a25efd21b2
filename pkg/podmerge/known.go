package podmerge

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Known returns a pod, or an overlay of one, without the fields that Kubernetes does
// not have, and the first of those.
func Known(p *tree.Value) (known *tree.Value, dropped []*Fault) {
	if Pod().knows(p) {
		return p, nil
	}
	k := &knower{at: make(trail, 0, deep)}
	known = k.known(Pod(), p)
	return known, k.dropped
}

// knows says that all fields of a value are known, as they almost always are.
func (s *Schema) knows(v *tree.Value) bool {
	switch {
	case s == nil:
	case s.kind == fieldList:
		for _, item := range v.Items() {
			if !s.elem.knows(item) {
				return false
			}
		}
	case s.kind == fieldObject:
		for _, m := range v.Members() {
			field := s.fields.get(m.Key)
			if field == nil && !strings.HasPrefix(m.Key, "$") || !field.knows(m.Value) {
				return false
			}
		}
	}
	return true
}

type knower struct {
	at      trail
	dropped []*Fault
}

func (k *knower) known(s *Schema, v *tree.Value) *tree.Value {
	switch {
	case s == nil:
		return v
	case v.Kind() == tree.Array && s.kind == fieldList:
		items := v.Items()
		changed := false
		for i, item := range items {
			k.at.element(elementName(item, s.mergeKey, i))
			known := k.known(s.elem, item)
			k.at.back()
			if known != item && !changed {
				items, changed = slices.Clone(items), true
			}
			if changed {
				items[i] = known
			}
		}
		return sameOr(v, items)
	case v.Kind() == tree.Object && s.kind == fieldObject:
		edit := v.Edit()
		for _, m := range v.Members() {
			field := s.fields.get(m.Key)
			switch {
			case field != nil:
				k.at.field(m.Key)
				edit.Set(m.Key, k.known(field, m.Value))
				k.at.back()
			case !strings.HasPrefix(m.Key, "$"): // a directive of a strategic merge patch
				if len(k.dropped) < maxFaults {
					k.dropped = append(k.dropped, &Fault{Path: k.at.path(fields(m.Key)...), Why: s.noSuchField(m.Key)})
				}
				edit.Set(m.Key, nil)
			}
		}
		return edit.Value()
	default:
		return v
	}
}

// deep is about how deep pods are.
const deep = 16
