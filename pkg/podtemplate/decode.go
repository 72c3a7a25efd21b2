package podtemplate

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/outrigger-io/outrigger/internal/fieldtable"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A decoder puts a value into a Go value that is zero, as sigs.k8s.io/json puts its JSON
// text there. It says no to all that is not just what the type wants: then the other
// way says what is wrong, or knows better.
type decoder func(into reflect.Value, v *tree.Value) bool

// podDecoder takes a fifth of the time that it takes to write a pod's JSON and read it.
var podDecoder = sync.OnceValue(func() decoder {
	return decoders{}.of(reflect.TypeFor[corev1.Pod]())
})

// decoders are those of the types that were met.
type decoders map[reflect.Type]*decoder

func (d decoders) of(t reflect.Type) decoder {
	made := d[t]
	if made == nil {
		made = new(decoder)
		d[t] = made
		*made = d.make(t)
	}
	return func(into reflect.Value, v *tree.Value) bool {
		return v.Kind() == tree.Null || (*made)(into, v)
	}
}

var (
	quantityType    = reflect.TypeFor[resource.Quantity]()
	intOrStringType = reflect.TypeFor[intstr.IntOrString]()
	textsType       = reflect.TypeFor[map[string]string]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
)

// make makes the decoder of a type, of anything but null.
func (d decoders) make(t reflect.Type) decoder {
	switch {
	case t == quantityType:
		return decodeQuantity
	case t == intOrStringType:
		return decodeIntOrString
	case t == textsType:
		return decodeTexts
	case reflect.PointerTo(t).Implements(unmarshalerType):
		return func(into reflect.Value, v *tree.Value) bool {
			return into.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(v.JSON()) == nil
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.pointer(t)
	case reflect.Struct:
		return d.object(t)
	case reflect.Slice:
		return d.list(t)
	case reflect.Map:
		return d.mapping(t)
	case reflect.String:
		return func(into reflect.Value, v *tree.Value) bool {
			text, ok := textOf(v)
			into.SetString(text)
			return ok
		}
	case reflect.Bool:
		return func(into reflect.Value, v *tree.Value) bool {
			into.SetBool(v.True())
			return v.Kind() == tree.Bool
		}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return func(into reflect.Value, v *tree.Value) bool {
			n, ok := v.Int()
			into.SetInt(n)
			return ok && !into.OverflowInt(n)
		}
	default:
		return func(reflect.Value, *tree.Value) bool { return false }
	}
}

// textOf is a string's text, where it is such that JSON leaves as it is.
func textOf(v *tree.Value) (string, bool) {
	text, ok := v.Str()
	return text, ok && utf8.ValidString(text)
}

func (d decoders) pointer(t reflect.Type) decoder {
	elem := d.of(t.Elem())
	return func(into reflect.Value, v *tree.Value) bool {
		into.Set(reflect.New(t.Elem()))
		return elem(into.Elem(), v)
	}
}

func (d decoders) list(t reflect.Type) decoder {
	if t.Elem().Kind() == reflect.Uint8 {
		return func(reflect.Value, *tree.Value) bool { return false } // base64
	}
	elem := d.of(t.Elem())
	return func(into reflect.Value, v *tree.Value) bool {
		if v.Kind() != tree.Array {
			return false
		}
		if v.Len() == 0 {
			into.Set(reflect.MakeSlice(t, 0, 0))
			return true
		}
		into.Grow(v.Len())
		into.SetLen(v.Len())
		for i, item := range v.Items() {
			if !elem(into.Index(i), item) {
				return false
			}
		}
		return true
	}
}

func (d decoders) mapping(t reflect.Type) decoder {
	elem := d.of(t.Elem())
	return func(into reflect.Value, v *tree.Value) bool {
		if v.Kind() != tree.Object || t.Key().Kind() != reflect.String {
			return false
		}
		into.Set(reflect.MakeMapWithSize(t, v.Len()))
		for _, m := range v.Members() {
			value := reflect.New(t.Elem()).Elem()
			if !utf8.ValidString(m.Key) || !elem(value, m.Value) {
				return false
			}
			into.SetMapIndex(reflect.ValueOf(m.Key).Convert(t.Key()), value)
		}
		return true
	}
}

// objectField is where a member of an object goes.
type objectField struct {
	index  int
	decode decoder
}

func (d decoders) object(t reflect.Type) decoder {
	named := map[string]objectField{}
	d.addFields(named, t)
	found := fieldtable.Of(named)
	return func(into reflect.Value, v *tree.Value) bool {
		if v.Kind() != tree.Object {
			return false
		}
		for _, m := range v.Members() {
			if f, ok := found.Get(m.Key); ok && !f.decode(into.Field(f.index), m.Value) {
				return false
			}
		}
		return true
	}
}

// addFields adds a struct's, and those of the structs that are part of it.
func (d decoders) addFields(named map[string]objectField, t reflect.Type) {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" {
			named[name] = objectField{i, d.of(t.Field(i).Type)}
			continue
		}
		inner := map[string]objectField{}
		d.addFields(inner, t.Field(i).Type)
		for name, f := range inner {
			named[name] = objectField{i, func(into reflect.Value, v *tree.Value) bool {
				return f.decode(into.Field(f.index), v)
			}}
		}
	}
}

func decodeTexts(into reflect.Value, v *tree.Value) bool {
	if v.Kind() != tree.Object {
		return false
	}
	texts := make(map[string]string, v.Len())
	for _, m := range v.Members() {
		text, ok := textOf(m.Value)
		if !ok && m.Value.Kind() != tree.Null || !utf8.ValidString(m.Key) {
			return false
		}
		texts[m.Key] = text
	}
	*into.Addr().Interface().(*map[string]string) = texts
	return true
}

func decodeQuantity(into reflect.Value, v *tree.Value) bool {
	if v.Kind() != tree.String && v.Kind() != tree.Number {
		return false
	}
	amount, err := resource.ParseQuantity(v.Text())
	*into.Addr().Interface().(*resource.Quantity) = amount
	return err == nil
}

func decodeIntOrString(into reflect.Value, v *tree.Value) bool {
	to := into.Addr().Interface().(*intstr.IntOrString)
	if text, ok := textOf(v); ok {
		*to = intstr.FromString(text)
		return true
	}
	n, ok := v.Int()
	*to = intstr.FromInt32(int32(n))
	return ok && int64(int32(n)) == n
}
