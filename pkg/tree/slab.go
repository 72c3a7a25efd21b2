package tree

// slab makes the values of one document. They come out of a few large pieces of
// memory, which stay as long as any of the values does.
type slab struct {
	values  []Value
	members []Member
	items   []*Value
	// open are the members and items of the objects and lists that are being read.
	openMembers []Member
	openItems   []*Value
	// piece is how many values the next piece of memory holds.
	piece int
}

const (
	smallestPiece = 8
	largestPiece  = 256
)

// newSlab expects about that many values.
func newSlab(expected int) slab {
	piece := min(max(expected, smallestPiece), largestPiece)
	return slab{piece: piece, openMembers: make([]Member, 0, piece/4), openItems: make([]*Value, 0, piece/8)}
}

func (s *slab) value(v Value) *Value {
	if len(s.values) == cap(s.values) {
		s.values = make([]Value, 0, s.piece)
		s.piece = min(2*s.piece, largestPiece)
	}
	s.values = append(s.values, v)
	return &s.values[len(s.values)-1]
}

func (s *slab) string(text string) *Value { return s.value(textValue(String, text)) }

// scalar makes a value that is no list and no object; those with few values are shared.
func (s *slab) scalar(v Value) *Value {
	switch v.Kind() {
	case Null:
		return nullValue
	case Bool:
		return NewBool(v.True())
	default:
		return s.value(v)
	}
}

// object closes an object: its members are the open ones from the mark on.
func (s *slab) object(mark int) *Value {
	open := s.openMembers[mark:]
	if len(open) == 0 {
		return emptyObject
	}
	members := cut(&s.members, len(open), s.piece/2)
	copy(members, open)
	s.openMembers = s.openMembers[:mark]
	return s.value(objectValue(members))
}

// array closes a list, like object.
func (s *slab) array(mark int) *Value {
	open := s.openItems[mark:]
	if len(open) == 0 {
		return emptyArray
	}
	items := cut(&s.items, len(open), s.piece/4)
	copy(items, open)
	s.openItems = s.openItems[:mark]
	return s.value(arrayValue(items))
}

// cut takes n elements off a piece of memory, or off a new one. What it returns
// has no room to grow into what is cut next.
func cut[T any](piece *[]T, n, size int) []T {
	if n > len(*piece) {
		if n > size/2 {
			return make([]T, n)
		}
		*piece = make([]T, size)
	}
	taken := (*piece)[:n:n]
	*piece = (*piece)[n:]
	return taken
}
