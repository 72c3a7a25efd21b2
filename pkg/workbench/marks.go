package workbench

import (
	"cmp"
	"slices"
)

// marksOf joins the lines of fields to runs of one kind.
func marksOf(fields []Field) []Mark {
	marks := []Mark{}
	for _, f := range fields {
		if f.From == 0 {
			continue
		}
		marks = append(marks, Mark{f.Head, f.To, f.Change})
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	joined := marks[:0]
	for _, m := range marks {
		if n := len(joined); n > 0 && m.From <= joined[n-1].To+1 && m.Change == joined[n-1].Change {
			joined[n-1].To = max(joined[n-1].To, m.To)
			continue
		}
		joined = append(joined, m)
	}
	return joined
}
