package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// report is what people are told of a run.
type report struct {
	rows                         []row
	injected, unchanged, skipped int
}

// row is about one workload.
type row struct{ verb, object, detail string }

func (r *report) add(w manifest.Workload, namespace string, result inject.Result) {
	object := describeWorkload(w, namespace)
	switch {
	case !result.Decision.Inject:
		r.skipped++
		r.rows = append(r.rows, row{"skipped", object, result.Decision.Detail})
	case len(result.Patch) == 0:
		r.unchanged++
		r.rows = append(r.rows, row{"unchanged", object, "it was injected before, with this configuration"})
	default:
		r.injected++
		added := strings.Join(append(result.Containers, result.InitContainers...), ", ")
		r.rows = append(r.rows, row{"injected", object, added})
	}
	for _, warning := range result.Warnings {
		r.warn(object, warning)
	}
}

func (r *report) warn(object, text string) {
	r.rows = append(r.rows, row{"warning", object, text})
}

// describeWorkload is the kind and name, or the place of what has no name.
func describeWorkload(w manifest.Workload, namespace string) string {
	name := w.Name
	switch {
	case name == "":
		name = fmt.Sprintf("%s:%d", w.File, w.Line)
	case namespace != "":
		name = namespace + "/" + name
	}
	return w.Kind + " " + name
}

// write prints a line for each workload, in columns, and the sum of them.
func (r *report) write(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.rows {
		fmt.Fprintf(columns, "%s\t%s\t%s\n", row.verb, printable(row.object), printable(row.detail))
	}
	fmt.Fprintf(columns, "%d injected", r.injected)
	if r.unchanged > 0 {
		fmt.Fprintf(columns, ", %d unchanged", r.unchanged)
	}
	fmt.Fprintf(columns, ", %d skipped\n", r.skipped)
	return columns.Flush()
}

// printable quotes text from a manifest that would steer the terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return s
}
