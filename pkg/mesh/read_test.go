package mesh

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestReaderReadsWhatMessagesWrite: any MeshConfig, written as JSON, is read as it was.
func TestReaderReadsWhatMessagesWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := &meshconfig.MeshConfig{}
		fill(t, want.ProtoReflect(), 4)
		text, err := protojson.Marshal(want)
		if err != nil {
			t.Skip(err) // such as a number in a Struct that JSON does not have
		}
		v, err := tree.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := &meshconfig.MeshConfig{}
		pass := func(path string, _ protoreflect.MessageDescriptor) { t.Errorf("%s is passed over", path) }
		if err := (reader{pass}).set(got.ProtoReflect(), v, ""); err != nil || !proto.Equal(got, want) {
			t.Fatalf("%v\nof %s\n got %v", err, text, got)
		}
	})
}

// fill sets some fields of a message, those of messages in it to some depth.
func fill(t *rapid.T, m protoreflect.Message, depth int) {
	if name := m.Descriptor().FullName(); name == "google.protobuf.Duration" {
		d := durationpb.New(time.Duration(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "duration")))
		proto.Merge(m.Interface(), d)
		return
	} else if name == "google.protobuf.Struct" || name == "google.protobuf.Value" || name == "google.protobuf.ListValue" {
		text := map[protoreflect.FullName]string{"google.protobuf.Struct": `{"a": [1, null]}`, "google.protobuf.Value": `"b"`, "google.protobuf.ListValue": `[true]`}[name]
		if err := protojson.Unmarshal([]byte(text), m.Interface()); err != nil {
			t.Fatal(err)
		}
		return
	}
	fields := m.Descriptor().Fields()
	for range rapid.IntRange(0, min(3, fields.Len())).Draw(t, "fields") {
		field := fields.Get(rapid.IntRange(0, fields.Len()-1).Draw(t, "field"))
		switch {
		case depth == 0 && field.Message() != nil:
		case field.IsMap():
			of := m.Mutable(field).Map()
			key := protoreflect.ValueOfString(rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "key")).MapKey()
			if field.MapKey().Kind() != protoreflect.StringKind {
				continue
			}
			of.Set(key, drawn(t, field.MapValue(), of.NewValue(), depth))
		case field.IsList():
			list := m.Mutable(field).List()
			list.Append(drawn(t, field, list.NewElement(), depth))
		default:
			m.Set(field, drawn(t, field, m.NewField(field), depth))
		}
	}
}

func drawn(t *rapid.T, field protoreflect.FieldDescriptor, fresh protoreflect.Value, depth int) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.MessageKind:
		fill(t, fresh.Message(), depth-1)
		return fresh
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.String().Draw(t, "text"))
	case protoreflect.EnumKind:
		values := field.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(rapid.IntRange(0, values.Len()-1).Draw(t, "enum")).Number())
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.Float64().Draw(t, "double"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.Float32().Draw(t, "float"))
	default:
		return fresh
	}
}
