package tree

import "slices"

// Editor changes many members of an object in time that is in proportion to
// their number: the object is put together once, at the end.
type Editor struct {
	original *Value
	members  []Member  // a nil value: taken away
	places   *keyIndex // of the keys; nil until it is worth its making
	lookups  int
	changed  bool
}

// An object is searched from its beginning until that has cost as much as an index
// of its keys would.
const (
	fewMembers = 16
	fewLookups = 8
)

// Edit returns an editor of the object. Anything but an object counts as an
// empty one.
func (v *Value) Edit() *Editor { return &Editor{original: v, members: v.Members()} }

func (e *Editor) find(key string) int {
	if e.places == nil {
		if e.lookups++; len(e.members) <= fewMembers || e.lookups <= fewLookups {
			return find(e.members, key)
		}
		e.places = indexOf(e.members)
	}
	return e.places.find(e.members, key)
}

// Get returns a member as it stands now; absent where there is none.
func (e *Editor) Get(key string) *Value {
	if i := e.find(key); i >= 0 {
		return e.members[i].Value
	}
	return nil
}

// Set sets a member, in its place or at the end. Nil takes it away.
func (e *Editor) Set(key string, value *Value) {
	i := e.find(key)
	if i < 0 && value == nil || i >= 0 && e.members[i].Value == value {
		return
	}
	if !e.changed {
		e.members = append(make([]Member, 0, len(e.members)+4), e.members...)
		e.changed = true
	}
	switch {
	case i < 0:
		e.members = append(e.members, Member{key, value})
		if e.places != nil {
			e.places.add(e.members, len(e.members)-1)
		}
	default:
		e.members[i].Value = value
	}
}

// Value returns the object: the original where nothing changed.
func (e *Editor) Value() *Value {
	if !e.changed && e.original.Kind() == Object {
		return e.original
	}
	return NewObject(slices.DeleteFunc(e.members, func(m Member) bool { return m.Value == nil })...)
}
