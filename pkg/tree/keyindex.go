package tree

import (
	"hash/maphash"
	"math/bits"
)

// keyIndex finds members of a large object by their keys. It grows with the object, and
// of each key it holds four bytes or eight, where a map holds the key again.
type keyIndex struct {
	slots []uint32 // places of members, and one; 0 where there is none
	used  int
}

// keySeed is one that nobody knows who picks the keys of an object.
var keySeed = maphash.MakeSeed()

// indexOf is the index of all members.
func indexOf(members []Member) *keyIndex {
	x := &keyIndex{}
	x.grow(members, len(members))
	for i := range members {
		x.add(members, i)
	}
	return x
}

// slot is where a key is, or else where it would be put.
func (x *keyIndex) slot(members []Member, key string) int {
	mask := len(x.slots) - 1
	at := int(maphash.String(keySeed, key)) & mask
	for x.slots[at] != 0 && members[x.slots[at]-1].Key != key {
		at = (at + 1) & mask
	}
	return at
}

// find is the place of a key, -1 for none.
func (x *keyIndex) find(members []Member, key string) int {
	return int(x.slots[x.slot(members, key)]) - 1
}

// add takes a member in, unless one with its key is there already.
func (x *keyIndex) add(members []Member, i int) {
	if 2*x.used >= len(x.slots) {
		x.grow(members, x.used+1)
	}
	if at := x.slot(members, members[i].Key); x.slots[at] == 0 {
		x.slots[at] = uint32(i + 1)
		x.used++
	}
}

// grow makes room for at least twice as many members.
func (x *keyIndex) grow(members []Member, n int) {
	old := x.slots
	x.slots = make([]uint32, 1<<bits.Len(uint(4*n-1))) // a power of two
	for _, place := range old {
		if place != 0 {
			x.slots[x.slot(members, members[place-1].Key)] = place
		}
	}
}
