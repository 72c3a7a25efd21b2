package podmerge

import (
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Known returns v without the fields that the types do not have, as control planes read
// it that decode into these types. Directives of a merge stay.
func (s *Schema) Known(v *tree.Value) *tree.Value {
	switch {
	case s == nil || s.kind == fieldAny:
		return v
	case v.Kind() == tree.Array:
		items := make([]*tree.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = s.elem.Known(item)
		}
		return sameOr(v, items)
	case v.Kind() == tree.Object:
		members := make([]tree.Member, 0, v.Len())
		same := true
		for _, m := range v.Members() {
			if strings.HasPrefix(m.Key, "$") {
				members = append(members, m)
				continue
			}
			field := s.Field(m.Key)
			if field == nil {
				same = false
				continue
			}
			known := field.Known(m.Value)
			same = same && known == m.Value
			members = append(members, tree.Member{Key: m.Key, Value: known})
		}
		if same {
			return v
		}
		return tree.NewObject(members...)
	default:
		return v
	}
}
