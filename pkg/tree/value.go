package tree

import (
	"slices"
	"strconv"
	"unsafe"
)

// Kind is the JSON type of a value.
type Kind uint8

// The JSON types. Null is the zero Kind.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "boolean", "number", "string", "list", "object"}

func (k Kind) String() string { return kindNames[k] }

// Value is one JSON value. It is immutable: what changes it returns a new value
// that shares all that stayed. A nil *Value is an absent value; every method
// that reads accepts it.
//
// A pod has thousands, most of which are short strings, so a value is two words: where
// its content is, and how much it is. A string, a list and an object each beside the
// other would be nine.
type Value struct {
	// content are the bytes of a string, of a number's literal or of a boolean's name,
	// the items of a list or the members of an object.
	content unsafe.Pointer
	// sized is how many they are, times 8, and the Kind.
	sized uint64
}

func valueOf[T any](kind Kind, content *T, n int) Value {
	return Value{unsafe.Pointer(content), uint64(n)<<3 | uint64(kind)}
}

func textValue(kind Kind, text string) Value {
	return valueOf(kind, unsafe.StringData(text), len(text))
}

func arrayValue(items []*Value) Value { return valueOf(Array, unsafe.SliceData(items), len(items)) }

func objectValue(members []Member) Value {
	return valueOf(Object, unsafe.SliceData(members), len(members))
}

func (v *Value) size() int { return int(v.sized >> 3) }

func newText(kind Kind, text string) *Value {
	v := textValue(kind, text)
	return &v
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value *Value
}

var (
	nullValue   = &Value{}
	trueValue   = newText(Bool, "true")
	falseValue  = newText(Bool, "false")
	emptyArray  = &Value{sized: uint64(Array)}
	emptyObject = &Value{sized: uint64(Object)}
)

// NewNull returns null.
func NewNull() *Value { return nullValue }

// NewBool returns a boolean.
func NewBool(b bool) *Value {
	if b {
		return trueValue
	}
	return falseValue
}

// NewInt returns a number.
func NewInt(i int64) *Value { return NewNumber(strconv.FormatInt(i, 10)) }

// NewNumber returns the number that a JSON literal stands for. The caller
// vouches for the literal.
func NewNumber(literal string) *Value { return newText(Number, literal) }

// NewString returns a string.
func NewString(s string) *Value { return newText(String, s) }

// NewStrings returns a list of strings.
func NewStrings(list []string) *Value {
	items := make([]*Value, len(list))
	for i, s := range list {
		items[i] = NewString(s)
	}
	return NewArray(items...)
}

// NewArray returns a list, which keeps the slice.
func NewArray(items ...*Value) *Value {
	if len(items) == 0 {
		return emptyArray
	}
	v := arrayValue(items)
	return &v
}

// NewObject returns an object, which keeps the slice. The caller vouches that
// no key stands twice.
func NewObject(members ...Member) *Value {
	if len(members) == 0 {
		return emptyObject
	}
	v := objectValue(members)
	return &v
}

// Kind returns the JSON type; that of an absent value is Null.
func (v *Value) Kind() Kind {
	if v == nil {
		return Null
	}
	return Kind(v.sized & 7)
}

// Text returns the content of a string, the literal of a number, "true" or
// "false" of a boolean, and "" of anything else.
func (v *Value) Text() string {
	if k := v.Kind(); k == Null || k >= Array {
		return ""
	}
	return unsafe.String((*byte)(v.content), v.size())
}

// Str returns the content of a string, and "" and false of anything else.
func (v *Value) Str() (string, bool) {
	if v.Kind() != String {
		return "", false
	}
	return v.Text(), true
}

// Int returns the value of a number that is an int64.
func (v *Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	i, err := strconv.ParseInt(v.Text(), 10, 64)
	return i, err == nil
}

// True says whether the value is the boolean true.
func (v *Value) True() bool { return v.Kind() == Bool && v.Text() == "true" }

// Items returns the elements of a list, not to be changed.
func (v *Value) Items() []*Value {
	if v.Kind() != Array {
		return nil
	}
	return unsafe.Slice((**Value)(v.content), v.size())
}

// Members returns the members of an object in order, not to be changed.
func (v *Value) Members() []Member {
	if v.Kind() != Object {
		return nil
	}
	return unsafe.Slice((*Member)(v.content), v.size())
}

// Len returns how many elements or members a list or object has.
func (v *Value) Len() int {
	if v.Kind() < Array {
		return 0
	}
	return v.size()
}

// Get follows keys down through objects; absent where one is missing.
func (v *Value) Get(keys ...string) *Value {
	for _, key := range keys {
		members := v.Members()
		i := find(members, key)
		if i < 0 {
			return nil
		}
		v = members[i].Value
	}
	return v
}

func (v *Value) find(key string) int {
	return find(v.Members(), key)
}

func find(members []Member, key string) int {
	for i := range members {
		if members[i].Key == key {
			return i
		}
	}
	return -1
}

// With returns the object with the member set, in its place or at the end.
// Anything but an object counts as an empty one.
func (v *Value) With(key string, value *Value) *Value {
	i := v.find(key)
	if i < 0 {
		old := v.Members()
		members := make([]Member, len(old), len(old)+1)
		copy(members, old)
		return NewObject(append(members, Member{key, value})...)
	}
	if v.Members()[i].Value == value {
		return v
	}
	members := slices.Clone(v.Members())
	members[i].Value = value
	return NewObject(members...)
}

// Without returns the object with the member taken away.
func (v *Value) Without(key string) *Value {
	i := v.find(key)
	if i < 0 {
		return v
	}
	members := make([]Member, 0, v.Len()-1)
	members = append(append(members, v.Members()[:i]...), v.Members()[i+1:]...)
	return NewObject(members...)
}

// WithAt sets the value at the end of a path of keys, making objects on the way.
func (v *Value) WithAt(value *Value, keys ...string) *Value {
	if len(keys) == 0 {
		return value
	}
	return v.With(keys[0], v.Get(keys[0]).WithAt(value, keys[1:]...))
}

// MapItems returns the list with each element as change has it, and without those of
// which it makes nil: itself where all stay.
func (v *Value) MapItems(change func(*Value) *Value) *Value {
	old := v.Items()
	for i, item := range old {
		changed := change(item)
		if changed == item {
			continue
		}
		items := append(make([]*Value, 0, len(old)), old[:i]...)
		for rest := old[i+1:]; ; rest = rest[1:] {
			if changed != nil {
				items = append(items, changed)
			}
			if len(rest) == 0 {
				return NewArray(items...)
			}
			changed = change(rest[0])
		}
	}
	return v
}

// MapMembers returns the object with the value of each member as change has it, and
// without those of which it makes nil: itself where all stay.
func (v *Value) MapMembers(change func(Member) *Value) *Value {
	old := v.Members()
	for i, m := range old {
		changed := change(m)
		if changed == m.Value {
			continue
		}
		members := append(make([]Member, 0, len(old)), old[:i]...)
		for {
			if changed != nil {
				members = append(members, Member{old[i].Key, changed})
			}
			if i++; i == len(old) {
				return NewObject(members...)
			}
			changed = change(old[i])
		}
	}
	return v
}

// Equal says whether both stand for the same JSON: the order of members and the
// spelling of numbers that are the same integer do not count.
func Equal(a, b *Value) bool {
	if a == b {
		return true
	}
	if a.Kind() != b.Kind() || a.Len() != b.Len() || (a == nil) != (b == nil) {
		return false
	}
	for i, item := range a.Items() {
		if !Equal(item, b.Items()[i]) {
			return false
		}
	}
	others := finder{members: b.Members()}
	for i, m := range a.Members() {
		other := others.find(m.Key, i)
		if other < 0 {
			return false
		}
		if !Equal(m.Value, others.members[other].Value) {
			return false
		}
	}
	if a.Text() == b.Text() {
		return true
	}
	if a.Kind() == Number {
		x, errX := strconv.ParseFloat(a.Text(), 64)
		y, errY := strconv.ParseFloat(b.Text(), 64)
		return errX == nil && errY == nil && x == y
	}
	return false
}
