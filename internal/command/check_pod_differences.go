package command

import (
	"fmt"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/explain"
)

// manyDifferences is how many people are told of one cause; scripts are told all.
const manyDifferences = 12

// tellDifferences tells in what a pod differs from what it would be now, cause by cause,
// to who writes a line, and one of columns.
func tellDifferences(differences []check.Difference, line func(text string), row func(name, sides, writer string)) {
	if len(differences) == 0 {
		return
	}
	line("injected now, it would have other fields:")
	var causes []string
	for _, d := range differences {
		if !slices.Contains(causes, d.Because) {
			causes = append(causes, d.Because)
		}
	}
	for _, cause := range causes {
		line("  " + cause)
		told := 0
		for _, d := range differences {
			if d.Because != cause {
				continue
			}
			if told++; told <= manyDifferences {
				row("    "+d.Name, sides(d), explain.WriterName(d.By))
			}
		}
		if told > manyDifferences {
			line(fmt.Sprintf("    ... and %d more, which -o json has", told-manyDifferences))
		}
	}
}

// sides are what a pod has, and would have.
func sides(d check.Difference) string {
	p := &page{}
	switch {
	case d.Is == nil:
		return "is not there, and would be " + p.short(string(d.Would))
	case d.Would == nil:
		return p.short(string(d.Is)) + ", and would not be there"
	default:
		return p.short(string(d.Is)) + ", and would be " + p.short(string(d.Would))
	}
}
