package podtemplate

import (
	"sync/atomic"

	"github.com/Masterminds/sprig/v3"
)

// Templates collect things in a loop, as in {{ $names = append $names .Name }}. sprig's
// functions copy the whole list each time, which for the containers of one pod can be
// gigabytes. These leave room behind a long list, for the next to go there.

var (
	sprigAppend = sprig.TxtFuncMap()["append"].(func(any, any) []any)
	sprigConcat = sprig.TxtFuncMap()["concat"].(func(...any) any)
)

// longList is from how many elements on a list is grown and not copied.
const longList = 16

// appendTo is sprig's append.
func appendTo(list, element any) []any {
	if own, ok := list.([]any); ok && len(own) >= longList {
		return grown(own, element)
	}
	return sprigAppend(list, element)
}

// concat is sprig's.
func concat(lists ...any) any {
	if len(lists) > 1 {
		if own, ok := lists[0].([]any); ok && len(own) >= longList {
			return grown(own, sprigConcat(lists[1:]...).([]any)...)
		}
	}
	return sprigConcat(lists...)
}

// room stands in the last place of a grown list's memory, which no element takes. It
// says how much is taken: of all lists that begin in that memory only the longest goes
// on in it, whichever goroutine has it, since what is folded is shared by all.
type room struct{ taken atomic.Int64 }

func grown(list []any, more ...any) []any {
	n, all := len(list), len(list)+len(more)
	if all < cap(list) {
		if r, ok := list[:cap(list)][cap(list)-1].(*room); ok && r.taken.CompareAndSwap(int64(n), int64(all)) {
			return append(list, more...)
		}
	}
	roomy := make([]any, 2*all)
	r := &room{}
	r.taken.Store(int64(all))
	roomy[len(roomy)-1] = r
	copy(roomy[copy(roomy, list):], more)
	return roomy[:all]
}
