package tree

// finder finds the members of one object for those of another, in time that does not
// grow with the square of their number.
type finder struct {
	members []Member
	// index is made for large objects, once a member is not where it is looked for.
	index map[string]int
}

// find returns the position of a key, which may be the expected one; -1 for none.
func (f *finder) find(key string, expected int) int {
	if expected < len(f.members) && f.members[expected].Key == key {
		return expected
	}
	if len(f.members) < manyMembers {
		return find(f.members, key)
	}
	if f.index == nil {
		f.index = make(map[string]int, len(f.members))
		for i := range f.members {
			f.index[f.members[i].Key] = i
		}
	}
	if i, ok := f.index[key]; ok {
		return i
	}
	return -1
}
