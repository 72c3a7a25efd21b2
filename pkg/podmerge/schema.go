package podmerge

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/outrigger-io/outrigger/internal/fieldtable"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Schema is what the Kubernetes types say of one field of a pod: the JSON it
// holds, and how a list of it merges.
type Schema struct {
	kind fieldKind
	// fields are those of an object.
	fields *fieldSet
	// elem is the element of a list, or the value of a map.
	elem *Schema
	// unions are those among an object's fields.
	unions []union
	// always says that Kubernetes writes an object even where nothing is in it.
	always bool
	// merges says that a list is merged, not replaced: by mergeKey where its
	// elements are objects, as a set where they are scalars.
	merges   bool
	mergeKey string
	// limits is what Kubernetes wants beside the type; nil for nothing.
	limits *constraint
	// required are the fields of an object that have to be set.
	required []string
	// words are the values of a string that has a few; nil for any.
	words []string
}

type fieldKind uint8

const (
	fieldAny fieldKind = iota
	fieldObject
	fieldMap
	fieldList
	fieldString
	fieldInteger
	fieldInt32
	fieldNumber
	fieldBoolean
	fieldQuantity    // a string or a number
	fieldIntOrString // an integer or a string
)

var fieldKindNames = [...]string{"anything", "an object", "an object", "a list", "a string", "an integer", "an integer", "a number", "a boolean", "a quantity", "an integer or a string"}

// Pod is read off the Go types, whose struct tags are what the API server
// itself merges by.
var Pod = sync.OnceValue(func() *Schema {
	done := map[reflect.Type]*Schema{}
	pod := schemaOf(reflect.TypeFor[corev1.Pod](), done)
	for _, s := range done {
		if s.fields != nil {
			s.fields.found = fieldtable.Of(s.fields.named)
		}
	}
	return pod
})

// fieldSet are the fields of an object.
type fieldSet struct {
	named map[string]*Schema // by JSON name
	found fieldtable.Table[*Schema]
}

// get returns a field, nil where there is none.
func (f *fieldSet) get(name string) *Schema {
	if f == nil {
		return nil
	}
	field, _ := f.found.Get(name)
	return field
}

// names are those of all, in order.
func (f *fieldSet) names() []string { return slices.Sorted(maps.Keys(f.named)) }

var namedKinds = map[reflect.Type]fieldKind{
	reflect.TypeFor[resource.Quantity]():  fieldQuantity,
	reflect.TypeFor[intstr.IntOrString](): fieldIntOrString,
	reflect.TypeFor[metav1.Time]():        fieldString,
	reflect.TypeFor[metav1.MicroTime]():   fieldString,
	reflect.TypeFor[metav1.FieldsV1]():    fieldAny,
	reflect.TypeFor[[]byte]():             fieldString,
}

func schemaOf(t reflect.Type, done map[reflect.Type]*Schema) *Schema {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s := done[t]; s != nil {
		return s
	}
	s := &Schema{}
	done[t] = s
	if kind, ok := namedKinds[t]; ok {
		s.kind = kind
		return s
	}
	switch t.Kind() {
	case reflect.Struct:
		s.kind = fieldObject
		s.fields = &fieldSet{named: make(map[string]*Schema, t.NumField())}
		s.addFields(t, done)
	case reflect.Map:
		s.kind = fieldMap
		s.elem = schemaOf(t.Elem(), done)
	case reflect.Slice:
		s.kind = fieldList
		s.elem = schemaOf(t.Elem(), done)
	case reflect.String:
		s.kind = fieldString
		s.words = words[t]
	case reflect.Bool:
		s.kind = fieldBoolean
	case reflect.Int32:
		s.kind = fieldInt32
	case reflect.Int, reflect.Int64:
		s.kind = fieldInteger
	case reflect.Float64:
		s.kind = fieldNumber
	}
	return s
}

func (s *Schema) addFields(t reflect.Type, done map[reflect.Type]*Schema) {
	if u, ok := unionOf(t); ok {
		s.unions = append(s.unions, u)
	}
	for f := range t.Fields() {
		name := jsonName(f)
		if name == "" {
			s.addFields(f.Type, done)
			continue
		}
		field := schemaOf(f.Type, done)
		strategy := f.Tag.Get("patchStrategy")
		always := f.Type.Kind() == reflect.Struct && !strings.Contains(f.Tag.Get("json"), ",omitzero")
		if strategy != "" || always {
			// These things are said at the field, so two fields of one type need a
			// schema each.
			own := *field
			own.merges = strings.HasPrefix(strategy, "merge")
			own.mergeKey = f.Tag.Get("patchMergeKey")
			own.always = always
			field = &own
		}
		s.fields.named[name] = field
	}
	for name, limits := range constraints[t] {
		if name == "" {
			s.limits = &limits
			continue
		}
		own := *s.fields.named[name]
		own.limits = &limits
		s.fields.named[name] = &own
		if limits.required {
			s.required = append(s.required, name)
		}
	}
	slices.Sort(s.required)
}

// jsonName is what JSON calls a field of a struct; "" for an embedded one.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// Field returns the schema of an object's or map's member; nil, about which
// nothing is known, for one that these types do not have.
func (s *Schema) Field(key string) *Schema {
	switch {
	case s == nil:
		return nil
	case s.kind == fieldMap:
		return s.elem
	default:
		return s.fields.get(key)
	}
}

func (s *Schema) At(keys ...string) *Schema {
	for _, key := range keys {
		if s = s.Field(key); s != nil && s.kind == fieldList {
			s = s.elem
		}
	}
	return s
}

// isContainer says that the schema is that of a container.
func (s *Schema) isContainer() bool { return s != nil && s.fields.get("volumeMounts") != nil }

// in adds a step before the path of a fault, which grows from the inside out, since
// almost every value fits and needs none; other errors and nil stay as they are.
func in(step Step, err error) error {
	if f, ok := err.(*Fault); ok { //nolint:errorlint // never wrapped on its way out
		f.Path = append(f.Path, step)
	}
	return err
}

// under ends the path of a fault, below a place in a pod.
func under(place string, err error) error {
	if f, ok := err.(*Fault); ok { //nolint:errorlint // as in in
		slices.Reverse(f.Path)
		f.under = place
	}
	return err
}

// Check returns a Fault that names the first place where v, at the given place of a
// pod, is not what the types say. What they do not know is left to the API server.
func (s *Schema) Check(v *tree.Value, place string) error { return under(place, s.misfit(v)) }

func (s *Schema) misfit(v *tree.Value) error {
	if s == nil || v.Kind() == tree.Null || s.kind == fieldAny {
		return nil
	}
	if !s.holds(v) {
		return &Fault{Why: s.wanted(v)}
	}
	for i, item := range v.Items() {
		if err := s.elem.misfit(item); err != nil {
			return in(Step{elementName(item, s.mergeKey, i), stepElement}, err)
		}
	}
	for _, m := range v.Members() {
		if strings.HasPrefix(m.Key, "$") {
			continue // a directive of a strategic merge patch
		}
		if err := s.Field(m.Key).misfit(m.Value); err != nil {
			if s.kind == fieldMap {
				return in(Step{m.Key, stepKey}, err)
			}
			return in(Step{m.Key, stepField}, err)
		}
	}
	return nil
}

// wanted says why a value is not what the types say.
func (s *Schema) wanted(v *tree.Value) string {
	if _, ok := v.Int(); ok {
		switch s.kind {
		case fieldInt32, fieldIntOrString:
			return v.Text() + " does not fit the 32 bits of the field; set one that does"
		}
	}
	return fmt.Sprintf("%s is wanted, not %s", fieldKindNames[s.kind], tree.Describe(v))
}

// elementName tells people which element of a list is meant: by its merge key
// where it has one, else by its number.
func elementName(item *tree.Value, mergeKey string, i int) string {
	if name := item.Get(mergeKey).Text(); name != "" {
		return name
	}
	return strconv.Itoa(i)
}

func (s *Schema) holds(v *tree.Value) bool {
	switch s.kind {
	case fieldObject, fieldMap:
		return v.Kind() == tree.Object
	case fieldList:
		return v.Kind() == tree.Array
	case fieldString:
		return v.Kind() == tree.String
	case fieldBoolean:
		return v.Kind() == tree.Bool
	case fieldInteger:
		_, ok := v.Int()
		return ok
	case fieldInt32:
		n, ok := v.Int()
		return ok && n >= math.MinInt32 && n <= math.MaxInt32
	case fieldNumber:
		return v.Kind() == tree.Number
	case fieldQuantity:
		if v.Kind() == tree.String {
			_, err := resource.ParseQuantity(v.Text())
			return err == nil
		}
		return v.Kind() == tree.Number
	case fieldIntOrString:
		n, ok := v.Int()
		return ok && n >= math.MinInt32 && n <= math.MaxInt32 || v.Kind() == tree.String
	default:
		return true
	}
}

// Coerced returns v with every scalar in the place of a string made one, and
// without the members that the types do not know. The injectors of the 1.0 line
// read what their template rendered so (spec: v1.0.md).
func (s *Schema) Coerced(v *tree.Value) *tree.Value {
	switch {
	case s == nil:
		return v
	case s.kind == fieldString && (v.Kind() == tree.Number || v.Kind() == tree.Bool):
		return tree.NewString(v.Text())
	case s.kind == fieldList && v.Kind() == tree.Array:
		items := make([]*tree.Value, v.Len())
		for i, item := range v.Items() {
			if item.Kind() == tree.Null && s.elem != nil && s.elem.kind == fieldString {
				item = tree.NewString("") // as an element, null is the zero of its type
			}
			items[i] = s.elem.Coerced(item)
		}
		return tree.NewArray(items...)
	case v.Kind() == tree.Object:
		members := make([]tree.Member, 0, v.Len())
		for _, m := range v.Members() {
			if field := s.Field(m.Key); field != nil && m.Value.Kind() != tree.Null {
				members = append(members, tree.Member{Key: m.Key, Value: field.Coerced(m.Value)})
			}
		}
		return tree.NewObject(members...)
	default:
		return v
	}
}
