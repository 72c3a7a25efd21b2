package podmerge

import (
	"github.com/outrigger-io/outrigger/internal/spelling"
)

// Unknown is that the Kubernetes types have no field of a name.
type Unknown struct {
	// N is the step of the path that they do not have, and Nearest what it may have been
	// meant as; empty where nothing comes close.
	N       int
	Nearest string
}

// IsElement says that a path leads to an element of a list.
func (s *Schema) IsElement(path []string) bool {
	for _, step := range path[:len(path)-1] {
		switch s.kind {
		case fieldMap, fieldList:
			s = s.elem
		default:
			s = s.fields.get(step)
		}
		if s == nil {
			return false
		}
	}
	return s.kind == fieldList
}

// Lookup says from where on there can be no such field, nil where there can. Elements of
// lists and maps are called whatever they are.
func (s *Schema) Lookup(path []string) *Unknown {
	for n, step := range path {
		switch s.kind {
		case fieldAny:
			return nil
		case fieldMap, fieldList:
			s = s.elem
		case fieldObject:
			field := s.fields.get(step)
			if field == nil {
				return &Unknown{n, spelling.Nearest(step, s.fields.names())}
			}
			s = field
		default:
			return &Unknown{N: n}
		}
	}
	return nil
}
