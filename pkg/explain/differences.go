package explain

import (
	"encoding/json"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Difference is a field in which two pods differ.
type Difference struct {
	Path   string          `json:"path"`
	Name   string          `json:"name"`
	Change string          `json:"change"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Differences are those of two pods, field by field.
func Differences(a, b *tree.Value) []Difference {
	list := []Difference{}
	w := NewWritten(a)
	if err := w.Apply(tree.Diff(a, b)); err != nil {
		panic(err) // the difference does not fit what it was made from
	}
	w.Visit(func(f Field, now *Written) {
		d := Difference{Path: f.Path, Name: f.Name, Change: f.Change, Before: f.Was}
		if f.Change != Removed {
			d.After = now.Value().JSON()
		}
		list = append(list, d)
	})
	return list
}
