package podmerge

import "slices"

// nameSet is a set of texts, which takes memory of its own once it is large.
type nameSet struct {
	few  [16]string
	n    int
	many map[string]bool
}

// add says whether a text is new.
func (s *nameSet) add(text string) bool {
	switch {
	case s.many != nil:
	case slices.Contains(s.few[:s.n], text):
		return false
	case s.n < len(s.few):
		s.few[s.n] = text
		s.n++
		return true
	default:
		s.many = make(map[string]bool, 4*len(s.few))
		for _, known := range s.few {
			s.many[known] = true
		}
	}
	had := s.many[text]
	s.many[text] = true
	return !had
}
