package rule

import "github.com/outrigger-io/outrigger/pkg/tree"

// lookup finds the members of an object: however many are asked for, it costs time in
// proportion to the object.
type lookup struct {
	object *tree.Value
	byKey  map[string]*tree.Value // nil until it is worth its making
}

// few is how many members are looked through as fast as a map is asked.
const few = 16

func (l *lookup) get(key string) *tree.Value {
	if l.object.Len() <= few {
		return l.object.Get(key)
	}
	if l.byKey == nil {
		l.byKey = make(map[string]*tree.Value, l.object.Len())
		for _, m := range l.object.Members() {
			l.byKey[m.Key] = m.Value
		}
	}
	return l.byKey[key]
}
