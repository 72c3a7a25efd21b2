package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/check"
)

// severityMarks and severityColours are how a finding begins on a terminal.
var (
	severityMarks   = map[check.Severity]string{check.Error: "✗", check.Warning: "!", check.Info: "i", check.OK: "✓"}
	severityColours = map[check.Severity]string{check.Error: red, check.Warning: yellow, check.Info: faint, check.OK: green}
)

// printFindings prints them for scripts, for a terminal or for a file.
func (s *checkSettings) printFindings(stdout io.Writer, findings []check.Finding) error {
	return s.show(stdout, map[string]any{"findings": findings},
		func(p *page) { p.findings(findings) }, func(w io.Writer) { writeFindings(w, findings) })
}

// show prints a result for a terminal by a page, in colours and within its width, and
// for scripts and files as print does.
func (s *checkSettings) show(stdout io.Writer, document any, onPage func(*page), inColumns func(io.Writer)) error {
	if s.output != "text" || terminalWidth(stdout) == 0 {
		return s.print(stdout, document, inColumns)
	}
	p := newPage(stdout)
	onPage(p)
	_, err := io.WriteString(stdout, p.String())
	return err
}

// findings tells of them in colours, within the page's width.
func (p *page) findings(findings []check.Finding) {
	for _, f := range findings {
		p.finding(f)
	}
	p.line(bold, "", sumOf(findings))
}

func (p *page) finding(f check.Finding) {
	const indent = "  "
	p.line(severityColours[f.Severity], indent, severityMarks[f.Severity]+" "+string(f.Reason)+"  "+f.Subject+": "+f.What)
	if f.Next != "" {
		p.line("", indent+"   ", indent+"-> "+f.Next)
	}
}

// writeFindings writes them in columns.
func writeFindings(w io.Writer, findings []check.Finding) {
	for _, f := range findings {
		writeFinding(w, f)
	}
	fmt.Fprintln(w, sumOf(findings))
}

func writeFinding(w io.Writer, f check.Finding) {
	fmt.Fprintf(w, "%s\t%s\t%s\n", f.Severity, f.Reason, printable(f.Subject+": "+f.What))
	if f.Next != "" {
		fmt.Fprintf(w, "\t\t-> %s\n", printable(f.Next))
	}
}

// sumOf counts what is wrong.
func sumOf(findings []check.Finding) string {
	counts := map[check.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
	}
	var sums []string
	for _, sum := range []struct {
		severity check.Severity
		word     string
	}{{check.Error, "error"}, {check.Warning, "warning"}} {
		n := counts[sum.severity]
		word := sum.word
		if n != 1 {
			word += "s"
		}
		sums = append(sums, fmt.Sprintf("%d %s", n, word))
	}
	return strings.Join(sums, ", ")
}
