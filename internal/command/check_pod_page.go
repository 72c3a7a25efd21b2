package command

import (
	"fmt"
	"io"

	"github.com/outrigger-io/outrigger/pkg/check"
)

// printExplanations prints them for scripts, for a terminal or for a file.
func (s *checkSettings) printExplanations(stdout io.Writer, explanations []check.Explanation) error {
	return s.show(stdout, map[string]any{"pods": explanations}, func(p *page) {
		for n, e := range explanations {
			if n > 0 {
				p.WriteByte('\n')
			}
			p.explanation(e)
		}
	}, func(w io.Writer) {
		for n, e := range explanations {
			if n > 0 {
				fmt.Fprintln(w)
			}
			writeExplanation(w, e)
		}
	})
}

// verdictColour is that of what becomes of a pod.
func verdictColour(v check.Verdict) string {
	switch v {
	case check.Injected, check.WouldBeInjected:
		return green
	case check.Undecided:
		return yellow
	default:
		return red
	}
}

// explanation tells of a pod in colours, within the page's width.
func (p *page) explanation(e check.Explanation) {
	const indent = "  "
	p.line(bold, "", e.Subject)
	where := ""
	for _, s := range e.Steps {
		if s.Where != where {
			where = s.Where
			p.line("", indent+indent, indent+where)
		}
		colour := ""
		if s.Answer == check.Unknown {
			colour = yellow
		}
		p.line(colour, "             ", fmt.Sprintf("    %-7s  %s: %s", s.Answer, s.Rule, s.What))
	}
	for _, f := range e.Faults {
		p.line(severityColours[f.Severity], indent+indent, indent+severityMarks[f.Severity]+" "+string(f.Reason)+"  "+f.Subject+": "+f.What)
	}
	p.line(verdictColour(e.Verdict), indent, fmt.Sprintf("%s (%s): %s", e.Verdict, e.Reason, e.Because))
	if e.Next != "" {
		p.line("", indent+" ", "-> "+e.Next)
	}
	tellDifferences(e.Differences, func(text string) { p.line("", indent+indent, text) },
		func(name, sides, writer string) { p.line("", "      ", name+"  "+sides+"  "+writer) })
}

// writeExplanation tells of it in columns.
func writeExplanation(w io.Writer, e check.Explanation) {
	fmt.Fprintln(w, printable(e.Subject))
	where := ""
	for _, s := range e.Steps {
		if s.Where != where {
			where = s.Where
			fmt.Fprintf(w, "  %s\n", printable(where))
		}
		fmt.Fprintf(w, "    %-7s  %s\n", s.Answer, printable(s.Rule+": "+s.What))
	}
	for _, f := range e.Faults {
		fmt.Fprintf(w, "  %s %s: %s\n", f.Severity, f.Reason, printable(f.Subject+": "+f.What))
	}
	fmt.Fprintf(w, "%s (%s): %s\n", e.Verdict, e.Reason, printable(e.Because))
	if e.Next != "" {
		fmt.Fprintf(w, "-> %s\n", printable(e.Next))
	}
	tellDifferences(e.Differences, func(text string) { fmt.Fprintln(w, printable(text)) },
		func(name, sides, writer string) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", printable(name), printable(sides), writer)
		})
}
