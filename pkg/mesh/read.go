package mesh

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// reader sets the fields of a message that an object names, as control planes read
// them: a field that is given replaces what is there, with its zero value too; null
// leaves it as it is; of a one-of's fields the last one counts; durations are those
// of Go; fields that the message does not have are passed over. Errors name the
// field.
type reader struct {
	// pass is called for each field that is passed over.
	pass func(path string, of protoreflect.MessageDescriptor)
}

func (r reader) set(into protoreflect.Message, v *tree.Value, path string) error {
	if k := v.Kind(); k != tree.Object && k != tree.Null {
		return fmt.Errorf("%san object is wanted, not %s", at(path), tree.Describe(v))
	}
	var errs []error
	for _, m := range v.Members() {
		field, below := fieldNamed(into.Descriptor(), m.Key), join(path, m.Key)
		switch {
		case field == nil:
			if r.pass != nil {
				r.pass(below, into.Descriptor())
			}
		case m.Value.Kind() == tree.Null:
		default:
			value, err := r.field(into, field, m.Value, below)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			into.Set(field, value)
		}
	}
	return errors.Join(errs...)
}

func fieldNamed(message protoreflect.MessageDescriptor, key string) protoreflect.FieldDescriptor {
	if field := message.Fields().ByJSONName(key); field != nil {
		return field
	}
	return message.Fields().ByName(protoreflect.Name(key))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// field returns the value for a field of a message.
func (r reader) field(of protoreflect.Message, field protoreflect.FieldDescriptor, v *tree.Value, path string) (protoreflect.Value, error) {
	value := of.NewField(field)
	switch {
	case field.IsMap():
		if v.Kind() != tree.Object {
			return value, fmt.Errorf("%s: an object is wanted, not %s", path, tree.Describe(v))
		}
		for _, m := range v.Members() {
			key, err := r.scalar(field.MapKey(), tree.NewString(m.Key), path)
			if err != nil {
				return value, err
			}
			element := value.Map().NewValue()
			if m.Value.Kind() != tree.Null {
				if element, err = r.element(field.MapValue(), element, m.Value, join(path, m.Key)); err != nil {
					return value, err
				}
			}
			value.Map().Set(key.MapKey(), element)
		}
		return value, nil
	case field.IsList():
		if v.Kind() != tree.Array {
			return value, fmt.Errorf("%s: a list is wanted, not %s", path, tree.Describe(v))
		}
		for i, item := range v.Items() {
			element, err := r.element(field, value.List().NewElement(), item, fmt.Sprintf("%s[%d]", path, i))
			if err != nil {
				return value, err
			}
			value.List().Append(element)
		}
		return value, nil
	default:
		return r.element(field, value, v, path)
	}
}

// element reads one value, a message into the fresh one that it is given.
func (r reader) element(field protoreflect.FieldDescriptor, fresh protoreflect.Value, v *tree.Value, path string) (protoreflect.Value, error) {
	if field.Message() == nil {
		return r.scalar(field, v, path)
	}
	into := fresh.Message()
	switch name := field.Message().FullName(); {
	case name == "google.protobuf.Duration":
		d, err := duration(v)
		if err != nil {
			return fresh, fmt.Errorf("%s: %w", path, err)
		}
		return protoreflect.ValueOfMessage(d.ProtoReflect()), nil
	case strings.HasPrefix(string(name), "google.protobuf.") && strings.HasSuffix(string(name), "Value") && into.Descriptor().Fields().Len() == 1:
		only := into.Descriptor().Fields().Get(0)
		value, err := r.scalar(only, v, path)
		if err != nil {
			return fresh, err
		}
		into.Set(only, value)
		return fresh, nil
	case strings.HasPrefix(string(name), "google.protobuf."):
		if err := protojson.Unmarshal(v.JSON(), into.Interface()); err != nil {
			return fresh, fmt.Errorf("%s: %s is no %s", path, tree.Describe(v), name.Name())
		}
		return fresh, nil
	default:
		return fresh, r.set(into, v, path)
	}
}

// duration reads what Go's time.ParseDuration reads.
func duration(v *tree.Value) (*durationpb.Duration, error) {
	text, ok := v.Str()
	if !ok {
		return nil, fmt.Errorf("a duration such as 45s is wanted, not %s", tree.Describe(v))
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no duration; a whole one is 45s, 1m30s or 100ms", text)
	}
	return durationpb.New(d), nil
}

// scalar reads a number, which may be quoted, a text, a boolean, or the name or
// number of an enumeration's value.
func (r reader) scalar(field protoreflect.FieldDescriptor, v *tree.Value, path string) (protoreflect.Value, error) {
	wrong := func(wanted string) (protoreflect.Value, error) {
		return protoreflect.Value{}, fmt.Errorf("%s: %s is wanted, not %s", path, wanted, tree.Describe(v))
	}
	text := v.Text()
	isNumber := v.Kind() == tree.Number || v.Kind() == tree.String
	switch field.Kind() {
	case protoreflect.BoolKind:
		if v.Kind() != tree.Bool {
			return wrong("true or false")
		}
		return protoreflect.ValueOfBool(v.True()), nil
	case protoreflect.StringKind:
		if v.Kind() != tree.String {
			return wrong("a text")
		}
		return protoreflect.ValueOfString(text), nil
	case protoreflect.EnumKind:
		names := field.Enum().Values()
		if i, ok := v.Int(); ok && v.Kind() == tree.Number && names.ByNumber(protoreflect.EnumNumber(i)) != nil {
			return protoreflect.ValueOfEnum(protoreflect.EnumNumber(i)), nil
		}
		if known := names.ByName(protoreflect.Name(text)); known != nil && v.Kind() == tree.String {
			return protoreflect.ValueOfEnum(known.Number()), nil
		}
		known := make([]string, names.Len())
		for i := range known {
			known[i] = string(names.Get(i).Name())
		}
		return protoreflect.Value{}, fmt.Errorf("%s: %q is none of %s", path, text, strings.Join(known, ", "))
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		bits := 64
		if field.Kind() == protoreflect.Int32Kind {
			bits = 32
		}
		i, err := strconv.ParseInt(whole(text), 10, bits)
		if err != nil || !isNumber {
			return wrong("a whole number")
		}
		if bits == 32 {
			return protoreflect.ValueOfInt32(int32(i)), nil
		}
		return protoreflect.ValueOfInt64(i), nil
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		bits := 64
		if field.Kind() == protoreflect.Uint32Kind {
			bits = 32
		}
		i, err := strconv.ParseUint(whole(text), 10, bits)
		if err != nil || !isNumber {
			return wrong("a whole number from 0 on")
		}
		if bits == 32 {
			return protoreflect.ValueOfUint32(uint32(i)), nil
		}
		return protoreflect.ValueOfUint64(i), nil
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !isNumber {
			return wrong("a number")
		}
		if field.Kind() == protoreflect.FloatKind {
			return protoreflect.ValueOfFloat32(float32(f)), nil
		}
		return protoreflect.ValueOfFloat64(f), nil
	default:
		return wrong("a " + field.Kind().String())
	}
}

// whole spells a whole number out that is written with a point or an exponent.
func whole(text string) string {
	if f, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, ".eE") && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return text
}
