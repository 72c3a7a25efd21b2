package fieldtable

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTable: a table finds what the map finds that it was made of.
func TestTable(t *testing.T) {
	name := rapid.StringMatching(`[ab]{1,4}[a-z]{0,3}|[a-zA-Z]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.MapOfN(name, rapid.Int(), 0, 60).Draw(t, "of")
		table := Of(of)
		for _, n := range append(rapid.SliceOfN(name, 0, 20).Draw(t, "others"), "") {
			checkSame(t, table, of, n)
		}
		for n := range of {
			checkSame(t, table, of, n)
		}
	})
	checkSame(t, Table[int]{}, nil, "a")
}

func checkSame(t interface{ Fatalf(string, ...any) }, table Table[int], of map[string]int, name string) {
	want, known := of[name]
	if got, ok := table.Get(name); got != want || ok != known {
		t.Fatalf("%q: %d, %v, want %d, %v", name, got, ok, want, known)
	}
}
