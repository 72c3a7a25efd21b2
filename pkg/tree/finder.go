package tree

// finder finds the members of one object for those of another, in time that does not
// grow with the square of their number.
type finder struct {
	members []Member
	// index is made for large objects, once a member is not where it is looked for.
	index *keyIndex
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
		f.index = indexOf(f.members)
	}
	return f.index.find(f.members, key)
}
