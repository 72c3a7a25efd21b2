package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// report is what people are told of a run.
type report struct {
	rows                                     []row
	injected, unchanged, uninjected, skipped int
	// takesOff is set where no workload is to be injected.
	takesOff bool
	// named are the workloads for which it is told what was taken off, by the names.
	named map[string]string
}

// warned is the verb of a row that warns.
const warned = "warning"

// row is about one workload.
type row struct {
	verb, object, detail string
	// reason is why the engine decided as it did, where it did.
	reason inject.Reason
}

func (r *report) add(w manifest.Workload, namespace string, result inject.Result) {
	object := describeWorkload(w, namespace)
	decided := func(verb, detail string) {
		r.rows = append(r.rows, row{verb, object, detail, result.Decision.Reason})
	}
	switch {
	case !result.Decision.Inject && result.Replaced != nil:
		r.uninjected++
		decided("uninjected", result.Decision.Detail)
	case !result.Decision.Inject:
		r.skipped++
		decided("skipped", result.Decision.Detail)
	case len(result.Patch) == 0:
		r.unchanged++
		decided("unchanged", "it was injected before, with this configuration")
	default:
		r.injected++
		added := strings.Join(append(result.Containers, result.InitContainers...), ", ")
		if result.Replaced != nil {
			added += ", in place of " + result.Replaced.By()
		}
		decided("injected", added)
	}
	if result.Replaced != nil && len(result.Patch) > 0 {
		r.notes(object, result.Replaced.Notes)
	}
	for _, warning := range result.Warnings {
		r.warn(object, warning)
	}
}

func (r *report) addUninjected(w manifest.Workload, result inject.Uninjected) {
	object := describeWorkload(w, w.Namespace)
	if !result.Injected {
		r.skipped++
		r.rows = append(r.rows, row{verb: "skipped", object: object, detail: "it is not injected"})
		return
	}
	r.uninjected++
	// Containers that the workload has itself stay, without what was laid over them.
	removed := append(append(result.Containers, result.InitContainers...), "of "+result.By())
	detail := strings.Join(removed, ", ") + r.takenOff(object, result.TakenOff)
	r.rows = append(r.rows, row{verb: "uninjected", object: object, detail: detail})
	r.notes(object, result.Notes)
}

// takenOff names what beside containers was taken off: some of it may have been the
// workload's own. It is mostly the same for all workloads, and named once.
func (r *report) takenOff(object string, all []inject.TakenOff) string {
	var b strings.Builder
	for _, off := range all {
		if len(off.Gone) > 0 {
			fmt.Fprintf(&b, "; %s %s", off.What, strings.Join(off.Gone, ", "))
		}
		if len(off.PutBack) > 0 {
			fmt.Fprintf(&b, "; %s put back %s", off.What, strings.Join(off.PutBack, ", "))
		}
	}
	names := b.String()
	if first, ok := r.named[names]; ok && names != "" {
		return "; all else as for " + first
	}
	if r.named == nil {
		r.named = map[string]string{}
	}
	r.named[names] = object
	return names
}

// addStale is for a workload that was injected with a record of its text.
func (r *report) addStale(w manifest.Workload) {
	r.warn(describeWorkload(w, w.Namespace), "its text was changed after it was injected, so comments and style that injection took away do not come back")
}

func (r *report) notes(object string, notes []inject.Note) {
	for _, note := range notes {
		r.warn(object, note.Path+": "+note.Why)
	}
}

func (r *report) warn(object, text string) {
	r.rows = append(r.rows, row{verb: warned, object: object, detail: text})
}

// addRemark is for an object that is passed on as it is.
func (r *report) addRemark(remark manifest.Remark) {
	object := describeWorkload(remark.Workload, remark.Namespace)
	if remark.Reason == "" {
		r.warn(object, remark.Text)
		return
	}
	r.skipped++
	r.rows = append(r.rows, row{"skipped", object, remark.Text, remark.Reason})
}

// describeWorkload is the kind and name, or the place of what has no name, and which
// of several pod templates it is.
func describeWorkload(w manifest.Workload, namespace string) string {
	name := w.Name
	switch {
	case name == "":
		name = fmt.Sprintf("%s:%d", w.File, w.Line)
	case namespace != "":
		name = namespace + "/" + name
	}
	if w.Several {
		name += " " + w.Template.TemplatePath()
	}
	return w.Kind + " " + name
}

// write prints a line for each workload, in columns, and the sum of them.
func (r *report) write(w io.Writer) error {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.rows {
		fmt.Fprintf(columns, "%s\t%s\t%s\n", row.verb, printable(row.object), printable(row.detail))
	}
	var sums []string
	sum := func(n int, always bool, what string) {
		if n > 0 || always {
			sums = append(sums, strconv.Itoa(n)+" "+what)
		}
	}
	sum(r.injected, !r.takesOff, "injected")
	sum(r.unchanged, false, "unchanged")
	sum(r.uninjected, r.takesOff, "uninjected")
	sum(r.skipped, true, "skipped")
	fmt.Fprintln(columns, strings.Join(sums, ", "))
	return columns.Flush()
}

// strictError is what --strict has against a report.
type strictError struct{ uncalledFor, warnings int }

func (e *strictError) Error() string {
	return fmt.Sprintf("--strict: nothing was written; skipped without opting out: %d, warnings: %d", e.uncalledFor, e.warnings)
}

// complaint is what --strict has against the report, and against so many warnings
// about the configuration; nil for nothing.
func (r *report) complaint(warnings int) error {
	uncalledFor := 0
	for _, row := range r.rows {
		switch {
		case row.verb == warned:
			warnings++
		case row.verb == "skipped" && !slices.Contains(askedFor, row.reason):
			uncalledFor++
		}
	}
	if uncalledFor+warnings == 0 {
		return nil
	}
	return &strictError{uncalledFor, warnings}
}

// askedFor are the reasons to skip what asked for it, or who called the command did.
var askedFor = []inject.Reason{inject.LabelDisabled, inject.AnnotationDisabled, inject.AlreadyInjected}
