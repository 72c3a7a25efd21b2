package tree

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestKeyIndex holds an index that grows with its object against a map.
func TestKeyIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(0, 400).Draw(t, "key")) })
		var members []Member
		places := map[string]int{}
		add := func(key string) {
			if _, ok := places[key]; !ok {
				places[key] = len(members)
			}
			members = append(members, Member{Key: key})
		}
		for range rapid.IntRange(1, 100).Draw(t, "at first") {
			add(key.Draw(t, "key"))
		}
		x := indexOf(members)
		for range rapid.IntRange(0, 300).Draw(t, "more") {
			add(key.Draw(t, "key"))
			x.add(members, len(members)-1)
		}
		for i := range 401 {
			want, ok := places[strconv.Itoa(i)]
			if !ok {
				want = -1
			}
			if got := x.find(members, strconv.Itoa(i)); got != want {
				t.Fatalf("%d is at %d, want %d", i, got, want)
			}
		}
	})
}
