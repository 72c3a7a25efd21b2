package tree

import (
	"strconv"
	"strings"
	"testing"
)

// TestYAMLAliasesAreBoundedByWhatTheyStandFor: 80 KB of text that stand for 800 MB.
func TestYAMLAliasesAreBoundedByWhatTheyStandFor(t *testing.T) {
	long := "a: &a " + strings.Repeat("x", 40_000) + "\nb: [" + strings.Repeat("*a,", 20_000) + "]\n"
	if _, err := ParseYAML([]byte(long)); err == nil || err.Error() != "line 2: aliases stand for more than 4 MiB" {
		t.Errorf("aliases of a long text: %v", err)
	}
	keys := "a: &a {" + strings.Repeat("k", 1000) + ": }\nb: [" + strings.Repeat("*a,", 20_000) + "]\n"
	if _, err := ParseYAML([]byte(keys)); err == nil {
		t.Error("aliases of a long key: no error")
	}
	few := "a: &a " + strings.Repeat("x", 1000) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n"
	if _, err := ParseYAML([]byte(few)); err != nil {
		t.Errorf("aliases that stand for 1 MB: %v", err)
	}
}

// object is one with so many members, in an order that the seed shifts.
func object(size, shift int, value string) *Value {
	members := make([]Member, size)
	for i := range members {
		members[i] = Member{"key-" + strconv.Itoa((i+shift)%size), NewString(value)}
	}
	return NewObject(members...)
}

// TestLargeObjectsAreNotScanned: to look for each of 60,000 members by scanning takes
// two thousand million comparisons.
func TestLargeObjectsCostInProportion(t *testing.T) {
	const size = 60_000
	a, b := object(size, 0, "x"), object(size, size/2, "x")
	if !Equal(a, b) {
		t.Error("the order of members makes a difference")
	}
	changed := object(size, size/2, "y")
	if got := len(Diff(a, changed)); got != size {
		t.Errorf("%d operations, want %d", got, size)
	}
	if got := len(Diff(a, object(size/2, 7, "x"))); got != size/2 {
		t.Errorf("%d operations, want %d", got, size/2)
	}
	f := finder{members: a.Members()}
	if f.find("key-7", 0) != 7 || f.find("none", 0) != -1 || f.index.used != size {
		t.Error("a large object is scanned")
	}
	if f := (finder{members: a.Members()[:3]}); f.find("key-2", 0) != 2 || f.index != nil {
		t.Error("a small object is indexed")
	}
	if got, err := Parse(a.JSON()); err != nil || !Equal(got, a) {
		t.Errorf("it is read as something else (%v)", err)
	}
}
