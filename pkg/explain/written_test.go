package explain

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// document draws a small document, with lists of named items as pods have them.
func document(depth int) *rapid.Generator[*tree.Value] {
	return rapid.Custom(func(t *rapid.T) *tree.Value {
		kind := rapid.IntRange(0, 3).Draw(t, "kind")
		if depth == 0 {
			kind = 0
		}
		key := rapid.SampledFrom([]string{"a", "b", "c", "x/y"})
		switch kind {
		case 1:
			members := map[string]bool{}
			v := tree.NewObject()
			for range rapid.IntRange(0, 3).Draw(t, "members") {
				if k := key.Draw(t, "key"); !members[k] {
					members[k] = true
					v = v.With(k, document(depth-1).Draw(t, "value"))
				}
			}
			return v
		case 2:
			return tree.NewArray(rapid.SliceOfN(document(depth-1), 0, 3).Draw(t, "items")...)
		case 3:
			var items []*tree.Value
			for _, name := range rapid.SliceOfNDistinct(key, 0, 3, rapid.ID).Draw(t, "names") {
				items = append(items, tree.NewObject(
					tree.Member{Key: "name", Value: tree.NewString(name)},
					tree.Member{Key: "value", Value: document(depth-1).Draw(t, "value")},
				))
			}
			return tree.NewArray(items...)
		default:
			return tree.NewInt(int64(rapid.IntRange(0, 4).Draw(t, "scalar")))
		}
	})
}

// TestWrittenFollowsPatches: a written document becomes what the patch makes, and
// what it tells of is all that differs.
func TestWrittenFollowsPatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := tree.NewObject(tree.Member{Key: "root", Value: document(3).Draw(t, "before")})
		after := tree.NewObject(tree.Member{Key: "root", Value: document(3).Draw(t, "after")})
		w := NewWritten(before)
		if err := w.Apply(tree.Diff(before, after)); err != nil {
			t.Fatal(err)
		}
		if !tree.Equal(w.Value(), after) {
			t.Fatalf("%s, want %s", w.Value().JSON(), after.JSON())
		}
		told := 0
		w.Visit(func(f Field, now *Written) {
			told++
			if f.Change == Removed {
				return
			}
			if got := valueAt(after, f.Path); !tree.Equal(got, now.Value()) {
				t.Fatalf("%s (%s): %s, want %s", f.Path, f.Name, now.Value().JSON(), got.JSON())
			}
		})
		if same := tree.Equal(before, after); same != (told == 0) {
			t.Fatalf("%d fields told of, from %s to %s", told, before.JSON(), after.JSON())
		}
	})
}

func valueAt(v *tree.Value, path string) *tree.Value {
	for _, step := range tree.Steps(path) {
		if v.Kind() == tree.Array {
			var i int
			_, _ = fmt.Sscan(step, &i)
			v = v.Items()[i]
			continue
		}
		v = v.Get(step)
	}
	return v
}
