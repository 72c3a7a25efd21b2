package manifest

import "strings"

// layout is the manner in which a document is written.
type layout struct {
	step  int // from a mapping to the mapping in it
	items int // from a mapping to the dashes of a sequence in it
	dash  int // from a dash to the item's members
}

// layoutOf finds the manner most values of a document are written in.
func layoutOf(root *node) layout {
	const most = 9
	var steps, items, dashes [most]int
	count := func(list *[most]int, width int) {
		if width >= 0 && width < most {
			list[width]++
		}
	}
	var walk func(n *node)
	walk = func(n *node) {
		if n.flow || n.odd {
			return
		}
		for _, e := range n.source {
			v := e.was
			if v.flow || v.form == scalarForm || v.form == aliasForm || !v.inText() {
				continue
			}
			switch {
			case n.form == arrayForm:
				if v.column > n.column+1 {
					count(&dashes, v.column-n.column)
				}
			case v.form == arrayForm:
				count(&items, v.column-n.column)
			case v.column > n.column:
				count(&steps, v.column-n.column)
			}
			walk(v)
		}
	}
	walk(root)
	usual := func(list [most]int, otherwise int) int {
		best := otherwise
		for width, n := range list {
			if n > list[best] {
				best = width
			}
		}
		return best
	}
	return layout{step: usual(steps, 2), items: usual(items, 0), dash: usual(dashes, 2)}
}

const blanks = "                                                                "

func spaces(n int) string {
	if n <= len(blanks) {
		return blanks[:max(n, 0)]
	}
	return strings.Repeat(" ", n)
}
