package tree

import (
	"slices"
	"strconv"
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
type Value struct {
	kind    Kind
	text    string // String: its content. Number: its literal. Bool: "true" or "false".
	items   []*Value
	members []Member
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value *Value
}

var (
	nullValue   = &Value{}
	trueValue   = &Value{kind: Bool, text: "true"}
	falseValue  = &Value{kind: Bool, text: "false"}
	emptyArray  = &Value{kind: Array}
	emptyObject = &Value{kind: Object}
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
func NewInt(i int64) *Value { return &Value{kind: Number, text: strconv.FormatInt(i, 10)} }

// NewNumber returns the number that a JSON literal stands for. The caller
// vouches for the literal.
func NewNumber(literal string) *Value { return &Value{kind: Number, text: literal} }

// NewString returns a string.
func NewString(s string) *Value { return &Value{kind: String, text: s} }

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
	return &Value{kind: Array, items: items}
}

// NewObject returns an object, which keeps the slice. The caller vouches that
// no key stands twice.
func NewObject(members ...Member) *Value {
	if len(members) == 0 {
		return emptyObject
	}
	return &Value{kind: Object, members: members}
}

// Kind returns the JSON type; that of an absent value is Null.
func (v *Value) Kind() Kind {
	if v == nil {
		return Null
	}
	return v.kind
}

// Text returns the content of a string, the literal of a number, "true" or
// "false" of a boolean, and "" of anything else.
func (v *Value) Text() string {
	if v == nil {
		return ""
	}
	return v.text
}

// Str returns the content of a string, and "" and false of anything else.
func (v *Value) Str() (string, bool) {
	if v.Kind() != String {
		return "", false
	}
	return v.text, true
}

// Int returns the value of a number that is an int64.
func (v *Value) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	i, err := strconv.ParseInt(v.text, 10, 64)
	return i, err == nil
}

// True says whether the value is the boolean true.
func (v *Value) True() bool { return v.Kind() == Bool && v.text == "true" }

// Items returns the elements of a list, not to be changed.
func (v *Value) Items() []*Value {
	if v == nil {
		return nil
	}
	return v.items
}

// Members returns the members of an object in order, not to be changed.
func (v *Value) Members() []Member {
	if v == nil {
		return nil
	}
	return v.members
}

// Len returns how many elements or members a list or object has.
func (v *Value) Len() int {
	if v == nil {
		return 0
	}
	return len(v.items) + len(v.members)
}

// Get follows keys down through objects; absent where one is missing.
func (v *Value) Get(keys ...string) *Value {
	for _, key := range keys {
		i := v.find(key)
		if i < 0 {
			return nil
		}
		v = v.members[i].Value
	}
	return v
}

func (v *Value) find(key string) int {
	if v == nil {
		return -1
	}
	return find(v.members, key)
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
		return &Value{kind: Object, members: append(members, Member{key, value})}
	}
	if v.members[i].Value == value {
		return v
	}
	members := slices.Clone(v.members)
	members[i].Value = value
	return &Value{kind: Object, members: members}
}

// Without returns the object with the member taken away.
func (v *Value) Without(key string) *Value {
	i := v.find(key)
	if i < 0 {
		return v
	}
	members := make([]Member, 0, len(v.members)-1)
	members = append(append(members, v.members[:i]...), v.members[i+1:]...)
	return NewObject(members...)
}

// WithAt sets the value at the end of a path of keys, making objects on the way.
func (v *Value) WithAt(value *Value, keys ...string) *Value {
	if len(keys) == 0 {
		return value
	}
	return v.With(keys[0], v.Get(keys[0]).WithAt(value, keys[1:]...))
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
	for i, item := range a.items {
		if !Equal(item, b.items[i]) {
			return false
		}
	}
	others := finder{members: b.members}
	for i := range a.members {
		m := &a.members[i]
		other := others.find(m.Key, i)
		if other < 0 {
			return false
		}
		if !Equal(m.Value, b.members[other].Value) {
			return false
		}
	}
	if a.text == b.text {
		return true
	}
	if a.kind == Number {
		x, errX := strconv.ParseFloat(a.text, 64)
		y, errY := strconv.ParseFloat(b.text, 64)
		return errX == nil && errY == nil && x == y
	}
	return false
}
