package check

import (
	"fmt"
	"slices"
	"strings"
)

// byEntry gathers what is found of the entries of a webhook configuration, which
// differ in little: what is the same of several is said once.
type byEntry struct {
	total int // of the configuration's entries
	found []Finding
	of    map[Finding][]string
}

func (b *byEntry) add(entry string, f Finding) {
	if b.of == nil {
		b.of = map[Finding][]string{}
	}
	if !slices.Contains(b.found, f) {
		b.found = append(b.found, f)
	}
	b.of[f] = append(b.of[f], entry)
}

// findings have in front of what was found the entries of which it was.
func (b *byEntry) findings() []Finding {
	var all []Finding
	for _, f := range b.found {
		entries := b.of[f]
		where := "entry " + strings.Join(entries, ", ")
		switch {
		case len(entries) == b.total && b.total > 1:
			where = "every entry"
		case len(entries) > 1:
			where = fmt.Sprintf("entries %s", strings.Join(entries, ", "))
		}
		f.What = where + ": " + f.What
		all = append(all, f)
	}
	return all
}
