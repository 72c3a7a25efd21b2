package podtemplate

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestListsGrowAsSprigCopiesThem has many lists grow out of one another, in any order.
func TestListsGrowAsSprigCopiesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lists, want := [][]any{{}}, [][]any{{}}
		add := func(list, copied any) { lists, want = append(lists, list.([]any)), append(want, copied.([]any)) }
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			// Mostly the newest, as in a loop.
			i := max(0, len(lists)-1-rapid.IntRange(-6, 6).Draw(t, "before the last"))
			i = min(i, len(lists)-1)
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				j := rapid.IntRange(0, len(lists)-1).Draw(t, "other")
				add(concat(lists[i], lists[j]), sprigConcat(want[i], want[j]))
			case 1:
				from := rapid.IntRange(0, len(lists[i])).Draw(t, "from")
				add(lists[i][from:], want[i][from:])
			default:
				element := rapid.Int().Draw(t, "element")
				add(appendTo(lists[i], element), sprigAppend(want[i], element))
			}
			if len(lists[len(lists)-1]) > 2000 {
				break
			}
		}
		for i := range lists {
			if diff := cmp.Diff(want[i], lists[i]); diff != "" {
				t.Fatalf("list %d is another one: %s", i, diff)
			}
		}
	})
}

// TestOneListGrownByMany: a list that is folded is one for all goroutines.
func TestOneListGrownByMany(t *testing.T) {
	shared := appendTo(make([]any, longList), "shared")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 100 {
				list := shared
				for range 20 {
					list = appendTo(list, i)
				}
				for _, element := range list[len(shared):] {
					if element != i {
						t.Errorf("goroutine %d has an element of %v's", i, element)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// TestCollectingCostsInProportion: copying each time, 20,000 elements take 3 GB.
func TestCollectingCostsInProportion(t *testing.T) {
	allocations := testing.AllocsPerRun(1, func() {
		var list any = []any{}
		for i := range 20_000 {
			list = concat(appendTo(list, i), []any{})
		}
	})
	if allocations > 200_000 {
		t.Errorf("%.0f allocations", allocations)
	}
}
