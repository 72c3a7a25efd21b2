package podtemplate

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkDecoder holds a decoded pod against what reading its JSON makes of it.
func checkDecoder(t *rapid.T, p *tree.Value) (decoded bool) {
	var got corev1.Pod
	if !podDecoder()(reflect.ValueOf(&got).Elem(), p) {
		return false
	}
	want, err := typedByJSON(p)
	if err != nil {
		t.Fatalf("decoded, and by its JSON: %v\n%s", err, p.JSON())
	}
	same := cmp.Comparer(func(a, b resource.Quantity) bool { return a.Cmp(b) == 0 && a.String() == b.String() })
	if diff := cmp.Diff(want, &got, same); diff != "" {
		t.Fatalf("%s\nby its JSON (-), decoded (+):\n%s", p.JSON(), diff)
	}
	return true
}

func TestPodsAreDecodedAsTheirJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := tree.Parse(podtest.Written().Draw(t, "pod"))
		if err != nil {
			t.Fatal(err)
		}
		bare := tree.NewObject(tree.Member{Key: "metadata", Value: p.Get("metadata").Without("managedFields")},
			tree.Member{Key: "spec", Value: p.Get("spec")})
		if _, err := typedByJSON(bare); !checkDecoder(t, bare) && err == nil {
			t.Errorf("a pod that is right is not decoded: %s", bare.JSON())
		}
	})
}

// All fields of the Kubernetes types are drawn, with values that fit and others.
func TestAnyFieldIsDecodedAsItsJSON(t *testing.T) {
	decoded, drawn := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawer{t}.object(reflect.TypeFor[corev1.Pod](), 0)
		drawn++
		if checkDecoder(t, p) {
			decoded++
		}
	})
	if drawn >= 100 && decoded < drawn/10 {
		t.Errorf("only %d of %d were decoded", decoded, drawn)
	}
}

// drawer draws JSON for Go types.
type drawer struct{ t *rapid.T }

var anyValues = []*tree.Value{
	tree.NewNull(), tree.NewBool(true), tree.NewInt(0), tree.NewInt(-7), tree.NewInt(1 << 40), tree.NewNumber("1.5"), tree.NewNumber("1e3"),
	tree.NewNumber("-0"), tree.NewNumber("99999999999999999999"), tree.NewString(""), tree.NewString("a"), tree.NewString(" 1"), tree.NewString("\xff\xfe"),
	tree.NewString("null"), tree.NewString("1Gi"), tree.NewString("2024-01-02T03:04:05Z"), tree.NewArray(), tree.NewObject(), tree.NewArray(tree.NewNull()),
	tree.NewObject(tree.Member{Key: "a", Value: tree.NewNull()}), tree.NewObject(tree.Member{Key: "\xff", Value: tree.NewString("b")}),
}

func (d drawer) value(of reflect.Type, depth int) *tree.Value {
	const odd = 40 // one in so many
	if rapid.IntRange(0, odd).Draw(d.t, "odd") == odd || depth > 8 {
		return rapid.SampledFrom(anyValues).Draw(d.t, "any")
	}
	switch of {
	case quantityType:
		return rapid.SampledFrom([]*tree.Value{tree.NewString("100m"), tree.NewString("1.5Gi"), tree.NewInt(2), tree.NewNumber("0.5"), tree.NewNumber("1e3")}).Draw(d.t, "quantity")
	case intOrStringType:
		return rapid.SampledFrom([]*tree.Value{tree.NewString("http"), tree.NewInt(8080), tree.NewString("")}).Draw(d.t, "port")
	}
	if strings.HasSuffix(of.String(), "Time") {
		return rapid.SampledFrom([]*tree.Value{tree.NewString("2024-01-02T03:04:05Z"), tree.NewString("2024-01-02T03:04:05.678901+02:00")}).Draw(d.t, "time")
	}
	switch of.Kind() {
	case reflect.Pointer:
		return d.value(of.Elem(), depth)
	case reflect.Struct:
		return d.object(of, depth+1)
	case reflect.Slice:
		items := make([]*tree.Value, rapid.IntRange(0, 2).Draw(d.t, "length"))
		for i := range items {
			items[i] = d.value(of.Elem(), depth+1)
		}
		return tree.NewArray(items...)
	case reflect.Map:
		v := tree.NewObject()
		for _, key := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b/c", "", "é"}), 0, 2).Draw(d.t, "keys") {
			v = v.With(key, d.value(of.Elem(), depth+1))
		}
		return v
	case reflect.Bool:
		return tree.NewBool(rapid.Bool().Draw(d.t, "bool"))
	case reflect.Int32, reflect.Int64, reflect.Int:
		return tree.NewInt(rapid.SampledFrom([]int64{0, 1, -1, 8080, 8080, 420, 420, 1 << 31}).Draw(d.t, "integer"))
	case reflect.String:
		return tree.NewString(rapid.SampledFrom([]string{"", "x", "\"é\n", "$(POD)"}).Draw(d.t, "text"))
	default:
		return rapid.SampledFrom(anyValues).Draw(d.t, "any")
	}
}

func (d drawer) object(of reflect.Type, depth int) *tree.Value {
	v := tree.NewObject()
	if rapid.IntRange(0, 20).Draw(d.t, "unknown") == 20 {
		v = v.With(rapid.SampledFrom([]string{"unknown", "Name", "$patch"}).Draw(d.t, "field"), rapid.SampledFrom(anyValues).Draw(d.t, "any"))
	}
	for range rapid.IntRange(0, 4).Draw(d.t, "fields") {
		f := of.Field(rapid.IntRange(0, of.NumField()-1).Draw(d.t, "field"))
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			for _, m := range d.value(f.Type, depth).Members() {
				v = v.With(m.Key, m.Value)
			}
			continue
		}
		if name != "status" {
			v = v.With(name, d.value(f.Type, depth))
		}
	}
	return v
}
