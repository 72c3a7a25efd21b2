package command

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// page is what explain prints for people: three columns, of who wrote a line, the line,
// and what its writer went by.
type page struct {
	strings.Builder
	// width is that of the terminal, 0 for no limit.
	width  int
	colour bool
	// whole has all workloads told in full, and values shown to their end.
	whole bool
	// told are the workloads that stand on the page in full.
	told []*explained
	// rules says that one was named.
	rules, templates bool
}

func newPage(w io.Writer) *page { return &page{width: terminalWidth(w), colour: wantsColour(w)} }

// terminalWidth is how many columns there are, 0 where it is no terminal.
func terminalWidth(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	const usual = 80
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		return width
	}
	return usual
}

// outcome is what inject's report would say of it.
func (e *explained) outcome() string {
	switch {
	case e.remark != nil && e.remark.Reason == "":
		return warned
	case e.remark != nil || !e.Result.Decision.Inject:
		return "skipped"
	default:
		return "injected"
	}
}

func (p *page) write(workloads []*explained) {
	for i, e := range workloads {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.workload(e)
	}
	p.legend()
}

func (p *page) warn(text string) { p.line(yellow, "", "warning: "+text) }

// workload tells of one.
func (p *page) workload(e *explained) {
	p.line(bold, "", fmt.Sprintf("%s  %s:%d", e.subject(), e.File, e.Line))
	if e.remark != nil {
		p.line("", "", e.outcome()+told(e.remark.Reason)+": "+e.remark.Text)
		return
	}
	if !p.whole {
		p.steps(e)
	}
	d := e.Result.Decision
	text := d.Detail
	if d.Inject {
		text = strings.Join(slices.Concat(e.Result.Containers, e.Result.InitContainers), ", ")
	}
	if e.Earlier.Injected {
		text += ", in place of " + e.Earlier.By()
	}
	p.line("", "", e.outcome()+told(d.Reason)+": "+text)
	for _, warning := range e.warnings {
		p.warn(warning)
	}
	fields, like := e.Fields, (*explained)(nil)
	if !p.whole {
		fields, like = p.unlike(e)
	}
	p.rows(e, fields)
	switch {
	case like != nil:
		p.line(faint, "", fmt.Sprintf("... and %d more, as in %s", len(e.Fields)-len(fields), like.subject()))
	case len(e.Fields) > 0:
		p.told = append(p.told, e)
	case d.Inject:
		p.line("", "", "it is there, and the workload's own: injection wrote nothing of it")
	}
}

func told(reason inject.Reason) string {
	if reason == "" {
		return ""
	}
	return " (" + string(reason) + ")"
}

// steps tells how it was decided, unless that stands on the page already.
func (p *page) steps(e *explained) {
	for _, other := range p.told {
		if slices.Equal(other.Steps, e.Steps) {
			return
		}
	}
	const indent = "       "
	for _, s := range e.Steps {
		answer := s.Answer
		if answer == explain.Silent {
			answer = "-"
		}
		p.line("", indent, fmt.Sprintf("  %-4s %s: %s", answer, s.Rule, s.What))
	}
}

// unlike are the fields in which a workload is not like one that was told of in full,
// where they are alike for the most part.
func (p *page) unlike(e *explained) (fields []explain.Field, like *explained) {
	fields = e.Fields
	for _, other := range p.told {
		known := map[string]bool{}
		for _, f := range other.Fields {
			known[likeness(f)] = true
		}
		different := slices.DeleteFunc(slices.Clone(e.Fields), func(f explain.Field) bool { return known[likeness(f)] })
		if len(different) < len(fields) && 2*len(different) < len(e.Fields) {
			fields, like = different, other
		}
	}
	return fields, like
}

// likeness is all that is told of a field.
func likeness(f explain.Field) string {
	return fmt.Sprintf("%s %s %s %s %v", f.Name, f.Change, f.Value.JSON(), f.Was, f.By)
}

// line writes one line in a colour. On a terminal it is wrapped, and goes on behind an
// indentation.
func (p *page) line(colour, indent, text string) {
	for i, line := range wrapped(printable(text), p.width, indent) {
		if i > 0 {
			line = indent + line
		}
		p.paint(colour, line)
		p.WriteByte('\n')
	}
}

func (p *page) paint(colour, text string) {
	if p.colour && colour != "" && text != "" {
		text = colour + text + plain
	}
	p.WriteString(text)
}

// rows writes the outline of fields.
func (p *page) rows(e *explained, fields []explain.Field) {
	if len(fields) == 0 {
		return
	}
	p.WriteByte('\n')
	rows := e.Explanation.Pod.Outline(fields)
	c := p.columns(rows)
	var last *explain.Field
	for _, row := range rows {
		c.row(p, row, last)
		if row.Field != nil {
			last = row.Field
		}
	}
}

// columns are where the three of a workload begin.
type columns struct {
	text, reads int
}

// columns fit on the page as far as they can.
func (p *page) columns(rows []explain.Row) columns {
	writer, text := 0, 0
	for _, row := range rows {
		if row.Field != nil {
			writer = max(writer, width(explain.WriterName(row.Field.By)))
		}
		text = max(text, width(row.Text))
	}
	const most = 48 // of a text that has something beside it
	text = min(text, most)
	c := columns{text: writer + 1}
	c.reads = c.text + len("+ ") + text + 2
	if p.width > 0 && c.reads+most/2 > p.width {
		c.reads = max(c.text+len("+ ")+2, p.width-most/2)
		if c.reads < p.width/2 { // too narrow for three
			c.reads = 0
		}
	}
	return c
}

// signs are those of a diff, and one for what was there before in another way.
var signs = map[string]string{explain.Added: "+", explain.Changed: "~", explain.Removed: "-"}

var signColours = map[string]string{explain.Added: green, explain.Changed: yellow, explain.Removed: red}

// row writes one line and what is beside it. last is the field of the line before, whose
// writer is not told again.
func (c columns) row(p *page, row explain.Row, last *explain.Field) {
	writer, sign, colour := "", " ", faint
	var reads []string
	if f := row.Field; f != nil {
		sign, colour = signs[f.Change], signColours[f.Change]
		if last == nil || explain.WriterName(last.By) != explain.WriterName(f.By) {
			writer = explain.WriterName(f.By)
		}
		if row.Whole {
			reads = p.reads(f, last)
		}
		p.note(f.By)
	}
	p.paint(cyan, pad(writer, c.text-1))
	p.WriteString(strings.Repeat(" ", c.text-max(width(writer), c.text-1)))
	text := sign + " " + row.Text
	beside := c.reads > 0 && len(reads) > 0 && c.text+width(text)+2 <= c.reads && p.heightOf(reads, c.reads) <= 2
	if !p.whole {
		text = p.cut(text, c.text)
	}
	p.paint(colour, printable(text))
	if beside {
		p.WriteString(strings.Repeat(" ", c.reads-c.text-width(text)))
		p.besides(reads, c.reads)
		return
	}
	p.WriteByte('\n')
	if len(reads) == 0 {
		return
	}
	at := c.text + len("+ ") + 2
	if p.width == 0 {
		at = c.reads
	}
	p.WriteString(strings.Repeat(" ", at))
	p.besides(reads, at)
}

// heightOf is how many lines the column on the right takes.
func (p *page) heightOf(items []string, at int) int { return len(p.wrappedAt(items, at)) }

func (p *page) wrappedAt(items []string, at int) []string {
	room := 0
	if p.width > 0 {
		room = max(p.width-at, 8)
	}
	return wrapped(strings.Join(items, ", "), room, "")
}

// besides writes the column on the right, which begins at a column.
func (p *page) besides(items []string, at int) {
	for i, line := range p.wrappedAt(items, at) {
		if i > 0 {
			p.WriteString(strings.Repeat(" ", at))
		}
		p.paint(faint, line)
		p.WriteByte('\n')
	}
}

// reads are what a field's writer went by, unless the line before says it, and what
// stood there before.
func (p *page) reads(f, last *explain.Field) []string {
	var list []string
	if f.Change == explain.Changed && f.Was != nil {
		list = append(list, "was "+p.short(tree.Concealed(string(f.Was))))
	}
	if f.By == nil {
		return list
	}
	for _, r := range f.By.Reads {
		if (last == f || !p.isTold(r, last)) && !isInPart(r, f.By.Reads) {
			list = append(list, p.read(r))
		}
	}
	return list
}

// isTold says that the line before went by a value, too: most often it is that of a
// condition around both.
func (p *page) isTold(r inject.Read, last *explain.Field) bool {
	return !p.whole && last != nil && last.By != nil && slices.Contains(last.By.Reads, r)
}

// isInPart says that of an object it is told what of it was read.
func isInPart(r inject.Read, all []inject.Read) bool {
	return slices.ContainsFunc(all, func(part inject.Read) bool {
		rest, below := strings.CutPrefix(part.Path, r.Path)
		return below && part.Kind == r.Kind && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, "["))
	})
}

// read is a value that a writer went by.
func (p *page) read(r inject.Read) string {
	text := string(r.Kind) + " " + r.Path + "=" + p.short(r.Value)
	if r.From != "" {
		text += " (" + r.From + ")"
	}
	return printable(text)
}

// short is a value as it stands beside a line.
func (p *page) short(value string) string {
	const most = 40
	if value == "" {
		return `""`
	}
	if runes := []rune(value); len(runes) > most && !p.whole {
		return string(runes[:most-1]) + "…"
	}
	return value
}

// cut ends a text that begins at a column at the terminal's edge.
func (p *page) cut(text string, at int) string {
	room := p.width - at
	if p.width == 0 || width(text) <= room {
		return text
	}
	return string([]rune(text)[:max(room-1, 1)]) + "…"
}

func (p *page) note(w *inject.Writer) {
	if w != nil {
		p.rules = p.rules || w.Kind == inject.ByRule
		p.templates = p.templates || w.Kind == inject.ByTemplate
	}
}

// legend says how to read who wrote a line.
func (p *page) legend() {
	var list []string
	if p.templates {
		list = append(list, "NAME:LINE is a line of that template's text")
	}
	if p.rules {
		list = append(list, "the rules: docs/explain.md#the-rules")
	}
	if len(list) > 0 {
		p.WriteByte('\n')
		p.line(faint, "", strings.Join(list, "; "))
	}
}

func width(text string) int { return utf8.RuneCountInString(text) }

func pad(text string, to int) string { return text + strings.Repeat(" ", max(0, to-width(text))) }

// wrapped breaks a text between words, into lines of a width; those behind the first
// leave room for an indentation. A word that is longer than a line is broken, too.
func wrapped(text string, to int, indent string) []string {
	if to == 0 || width(text) <= to {
		return []string{text}
	}
	var lines []string
	// What the text begins with is kept, spaces and all.
	line := text[:len(text)-len(strings.TrimLeft(text, " "))]
	room, empty := to, true
	next := func() {
		lines = append(lines, line)
		line, room, empty = "", max(to-width(indent), 1), true
	}
	for word := range strings.SplitSeq(strings.TrimLeft(text, " "), " ") {
		if !empty && width(line)+1+width(word) > room {
			next()
		}
		if !empty {
			line += " "
		}
		for rest := []rune(word); len(rest) > 0; {
			n := min(len(rest), max(room-width(line), 0))
			line, rest, empty = line+string(rest[:n]), rest[n:], false
			if len(rest) > 0 {
				next()
			}
		}
	}
	return append(lines, line)
}
