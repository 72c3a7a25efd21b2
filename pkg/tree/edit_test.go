package tree

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestEditEqualsOneByOne holds an editor against the methods that change one
// member at a time, over objects on both sides of the size from which it keeps
// a map of the keys.
func TestEditEqualsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var members []Member
		for i := range rapid.IntRange(0, 2*fewMembers).Draw(t, "members") {
			members = append(members, Member{fmt.Sprint("k", i), NewInt(int64(i))})
		}
		before := NewObject(members...)
		want, edit := before, before.Edit()
		for i := range rapid.IntRange(0, 3*fewLookups).Draw(t, "changes") {
			key := fmt.Sprint("k", rapid.IntRange(0, 2*fewMembers+4).Draw(t, "key"))
			if rapid.Bool().Draw(t, "set") {
				value := NewString(fmt.Sprint("v", i))
				want = want.With(key, value)
				edit.Set(key, value)
			} else {
				want = want.Without(key)
				edit.Set(key, nil)
			}
			if edit.Get(key) != want.Get(key) {
				t.Fatalf("%s is %s, want %s", key, edit.Get(key).JSON(), want.Get(key).JSON())
			}
		}
		if got := edit.Value(); !Equal(got, want) {
			t.Fatalf("got %s, want %s", got.JSON(), want.JSON())
		}
		if len(members) > 0 && before.Get("k0") != members[0].Value {
			t.Fatal("the original changed")
		}
	})
	unchanged := NewObject(Member{"a", NewInt(1)})
	edit := unchanged.Edit()
	edit.Set("b", nil)
	edit.Set("a", unchanged.Get("a"))
	if edit.Value() != unchanged {
		t.Error("nothing changed, and the object is another")
	}
}
