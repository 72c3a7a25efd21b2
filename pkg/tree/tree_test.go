package tree_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// anyJSON draws a JSON value as encoding/json holds it.
func anyJSON() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any { return drawJSON(t, 4) })
}

func drawJSON(t *rapid.T, depth int) any {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return float64(rapid.IntRange(-5, 70000).Draw(t, "number"))
	case 3:
		return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"name", "a/b", "m~n", "on", "\u2028<&>"})).Draw(t, "string")
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			list = append(list, drawJSON(t, depth-1))
		}
		return list
	default:
		object := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			key := rapid.OneOf(rapid.SampledFrom([]string{"name", "value", "a/b", "~"}), rapid.String()).Draw(t, "key")
			object[key] = drawJSON(t, depth-1)
		}
		return object
	}
}

func marshal(t rapid.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unmarshal(t rapid.TB, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestParseAndEncodeKeepTheMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyJSON().Draw(t, "document")
		v, err := tree.Parse(marshal(t, want))
		if err != nil {
			t.Fatal(err)
		}
		// Through encoding/json once, since it writes bytes that are no UTF-8 as
		// the replacement character.
		want = unmarshal(t, marshal(t, want))
		if got := unmarshal(t, v.JSON()); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// FuzzParse holds Parse against encoding/json on any text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+3,"\u00e9\ud83d\ude00\n",true,null]}`, `{"a":1,"a":2}`, `[1,]`, `01`, `"\ud800"`, "\"\x80\"", `{"a" 1}`, "\"\t\"", `1 2`, `-`, `"\x"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want any
		wantErr := json.Unmarshal(text, &want)
		v, err := tree.Parse(text)
		if (err == nil) != (wantErr == nil) {
			// Go's decoder also refuses numbers beyond float64, which JSON allows.
			if _, outOfRange := wantErr.(*json.UnmarshalTypeError); !outOfRange {
				t.Fatalf("Parse(%q): %v, encoding/json: %v", text, err, wantErr)
			}
			return
		}
		if err == nil && !reflect.DeepEqual(unmarshal(t, v.JSON()), want) {
			t.Fatalf("Parse(%q) = %s, want %v", text, v.JSON(), want)
		}
	})
}

func TestParseErrorsNameTheByte(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,}`:   `JSON at byte 7: unexpected '}', wanted a key in quotes`,
		`{"a":1} x`:  `JSON at byte 8: more text after the value`,
		`{"a":`:      `JSON at byte 5: the text ends too early`,
		"[\"a\nb\"]": `JSON at byte 3: control character '\n' in a string`,
	} {
		if _, err := tree.Parse([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("Parse(%q): %v, want %s", text, err, want)
		}
	}
}

// TestYAMLMeansWhatKubernetesReads holds ParseYAML against sigs.k8s.io/yaml.
func TestYAMLMeansWhatKubernetesReads(t *testing.T) {
	for _, text := range []string{
		"a: yes", "a: y", "a: ON", "a: off", "a: ~", "a:", "a: 010", "a: 0x1F", "a: 0b11", "a: -0b11", "a: 0o17", "a: 1_000", "a: +12", "a: 1e3",
		"a: 1.5e-3", "a: .5", "a: 5.", "a: 1.", "a: -.5", "a: 2001-01-01", "a: 2001-12-14t21:59:43.10-05:00", "a: 12:30:45", "a: 1.2.3", "a: 18446744073709551615",
		"a: 'yes'", `a: "1"`, "a: |\n  yes\n", "a: >-\n  b\n  c\n", "a: !!str 1", "a: !!int 1", "a: !!binary aGk=", "a: !x y", "1: a", "true: a", "1.5: b",
		"- 1\n- [a, {b: c}]\n", "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x", "x: &x {a: 1}\ny: {b: 1, <<: [*x, {a: 2, c: 3}]}", "a: 0x", "a: 1e", "a: 1a", "a: -x", "a: +", "a: _1", "a: 1__2",
		"", "# nothing\n", "--- {a: b}\n", "a: 9007199254740993", "a: 1e400x", "a: 1e999", "a: =", "a: <<", "'<<': {a: b}",
	} {
		js, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		v, err := tree.ParseYAML([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, want := unmarshal(t, v.JSON()), unmarshal(t, js); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %s, want %s", text, v.JSON(), js)
		}
	}
}

// TestLastOfEqualKeysCounts as for the reader behind sigs.k8s.io/yaml.
func TestLastOfEqualKeysCounts(t *testing.T) {
	for _, text := range []string{
		"a: 1\nb: 2\na: 3\n",
		"- name: x\n  name: y\n  v: {w: 1, w: {z: 2}}\n",
		"m: &m {a: 1, b: 2}\nn: {<<: *m, a: 3, a: 4}\n",
		"{a: [1], a: null}",
		"a: 1\n\"a\": |\n  x\n",
	} {
		v, err := tree.ParseYAMLLastCounts(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		js, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := unmarshal(t, v.JSON()), unmarshal(t, js); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %s, want %s", text, v.JSON(), js)
		}
	}
}

func TestYAMLErrorsNameTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: 2\na: 3\n": `line 3: key "a" stands twice in its mapping`,
		"a: 1\nb: .inf\n":    `line 2: JSON, and so Kubernetes, has no number .inf`,
		"a: 1\n[b, c]: 2\n":  `line 2: a key must be a string, not a list`,
		"a: &a\n  b: *a\n":   `line 2: alias "a" stands inside the value it refers to`,
		"a: !!int x\n":       `line 1: "x" is no !!int`,
		"a: b\n<<: c\n":      `line 2: merge key << wants a mapping, or a list of them`,
		"a: b\n c: d\n":      `yaml: line 2: mapping values are not allowed in this context`,
		bomb(12):             `line 7: aliases stand for more than 4 MiB`,
	} {
		if _, err := tree.ParseYAML([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("ParseYAML(%.40q): %v, want %s", text, err, want)
		}
	}
}

// bomb is a document of few lines whose aliases stand for 10^levels values.
func bomb(levels int) string {
	text := "a0: &a0 x\n"
	for i := range levels {
		aliases := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", ")
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, aliases)
	}
	return text
}

func TestDiffLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := parse(t, marshal(t, anyJSON().Draw(t, "a")))
		b := parse(t, marshal(t, anyJSON().Draw(t, "b")))
		if rapid.Bool().Draw(t, "related") {
			b = shuffled(t, a)
		}
		check(t, a, b)
	})
}

func check(t rapid.TB, a, b *tree.Value) {
	t.Helper()
	patch, err := jsonpatch.DecodePatch(marshal(t, tree.Diff(a, b)))
	if err != nil {
		t.Fatal(err)
	}
	// The library patches only objects and lists, so wrap both; every path is one
	// step longer then.
	for _, o := range patch {
		path := "/doc" + unmarshal(t, *o["path"]).(string)
		raw := json.RawMessage(marshal(t, path))
		o["path"] = &raw
	}
	got, err := patch.Apply(tree.NewObject(tree.Member{Key: "doc", Value: a}).JSON())
	if err != nil {
		t.Fatalf("%s: %v", marshal(t, patch), err)
	}
	if want := tree.NewObject(tree.Member{Key: "doc", Value: b}); !tree.Equal(parse(t, got), want) {
		t.Fatalf("%s to %s: patch %s leads to %s", a.JSON(), b.JSON(), marshal(t, patch), got)
	}
}

// shuffled returns v with lists reordered, shortened and added to, and members
// taken away and changed, sharing what stayed.
func shuffled(t *rapid.T, v *tree.Value) *tree.Value {
	switch v.Kind() {
	case tree.Array:
		items := rapid.Permutation(v.Items()).Draw(t, "order")
		items = items[:rapid.IntRange(0, len(items)).Draw(t, "length")]
		if rapid.Bool().Draw(t, "more") {
			items = append([]*tree.Value{tree.NewString("new")}, items...)
		}
		return tree.NewArray(items...)
	case tree.Object:
		for _, m := range v.Members() {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				v = v.Without(m.Key)
			case 1:
				v = v.With(m.Key, shuffled(t, m.Value))
			case 2:
				v = v.With("new "+m.Key, m.Value)
			}
		}
		return v
	default:
		return tree.NewString("changed")
	}
}

func parse(t rapid.TB, text []byte) *tree.Value {
	t.Helper()
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDiffMovesNoMoreThanItMust(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{`{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1}`, `null`},
		{`{"x/y":1,"m~n":2}`, `{"m~n":3}`, `[{"op":"remove","path":"/x~1y"},{"op":"replace","path":"/m~0n","value":3}]`},
		{`["a","b","c"]`, `["c","a","b"]`, `[{"op":"remove","path":"/2"},{"op":"add","path":"/0","value":"c"}]`},
		{`[{"name":"app","image":"1"}]`, `[{"name":"proxy"},{"name":"app","image":"2"}]`, `[{"op":"add","path":"/0","value":{"name":"proxy"}},{"op":"replace","path":"/1/image","value":"2"}]`},
		{`[1,1,1]`, `[1,1]`, `[{"op":"remove","path":"/2"}]`},
		{`{"a":1.0}`, `{"a":1}`, `null`},
	} {
		if got := string(marshal(t, tree.Diff(parse(t, []byte(c.a)), parse(t, []byte(c.b))))); got != c.want {
			t.Errorf("%s to %s:\ngot  %s\nwant %s", c.a, c.b, got, c.want)
		}
	}
}
