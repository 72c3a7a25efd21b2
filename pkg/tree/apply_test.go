package tree_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestApply(t *testing.T) {
	const before = `{"a":{"b/c":[1,2,{"name":"x"}]},"d":null}`
	cases := []struct{ op, path, value, want, err string }{
		{op: "add", path: "/e", value: `{"f":1}`, want: `{"a":{"b/c":[1,2,{"name":"x"}]},"d":null,"e":{"f":1}}`},
		{op: "add", path: "/d", value: `1`, want: `{"a":{"b/c":[1,2,{"name":"x"}]},"d":1}`},
		{op: "add", path: "/a/b~1c/3", value: `4`, want: `{"a":{"b/c":[1,2,{"name":"x"},4]},"d":null}`},
		{op: "add", path: "/a/b~1c/0", value: `0`, want: `{"a":{"b/c":[0,1,2,{"name":"x"}]},"d":null}`},
		{op: "replace", path: "/a/b~1c/2/name", value: `"y"`, want: `{"a":{"b/c":[1,2,{"name":"y"}]},"d":null}`},
		{op: "replace", path: "/a/b~1c/1", value: `3`, want: `{"a":{"b/c":[1,3,{"name":"x"}]},"d":null}`},
		{op: "remove", path: "/a/b~1c/1", want: `{"a":{"b/c":[1,{"name":"x"}]},"d":null}`},
		{op: "remove", path: "/a", want: `{"d":null}`},
		{op: "replace", path: "", value: `[]`, want: `[]`},
		{op: "remove", path: "/e", err: `remove /e: there is no "e"`},
		{op: "replace", path: "/e", value: `1`, err: `there is no "e"`},
		{op: "add", path: "/e/f", value: `1`, err: `there is no "e"`},
		{op: "add", path: "/a/b~1c/4", value: `1`, err: `"4" is no index of a list of 3`},
		{op: "replace", path: "/a/b~1c/3", value: `1`, err: `"3" is no index of a list of 3`},
		{op: "add", path: "/d/e", value: `1`, err: `a null has no "e"`},
		{op: "add", path: "/e", value: `{`, err: `add /e: JSON at byte`},
		{op: "move", path: "/e", err: `move /e: not an operation`},
	}
	for _, c := range cases {
		t.Run(c.op+c.path, func(t *testing.T) {
			v, err := tree.Parse([]byte(before))
			if err != nil {
				t.Fatal(err)
			}
			got, err := tree.Apply(v, tree.Patch{tree.NewOperation(c.op, c.path, json.RawMessage(c.value))})
			switch {
			case c.err == "" && err != nil:
				t.Fatal(err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v, want %s", err, c.err)
			case c.err == "" && string(got.JSON()) != c.want:
				t.Errorf("got %s, want %s", got.JSON(), c.want)
			}
			if string(v.JSON()) != before {
				t.Errorf("the original changed: %s", v.JSON())
			}
		})
	}
}

// TestApplyFollowsDiff holds the two against each other.
func TestApplyFollowsDiff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) *tree.Value {
			text, err := json.Marshal(anyJSON().Draw(t, label))
			if err != nil {
				t.Fatal(err)
			}
			v, err := tree.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		a, b := draw("a"), draw("b")
		got, err := tree.Apply(a, tree.Diff(a, b))
		if err != nil {
			t.Fatal(err)
		}
		if !tree.Equal(got, b) {
			t.Fatalf("got %s, want %s", got.JSON(), b.JSON())
		}
	})
}
