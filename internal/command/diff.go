package command

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/pmezard/go-difflib/difflib"
	"golang.org/x/term"
)

// diff is a text before and after a change.
type diff struct {
	// name is the file's. note says what the text after the change is.
	name, note    string
	before, after []byte
}

// The colours that git gives the lines of a diff, and two more.
const (
	plain  = "\x1b[m"
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	faint  = "\x1b[2m"
)

// unified is the difference as patch(1) reads it, empty where there is none.
func (d diff) unified() string {
	if bytes.Equal(d.before, d.after) {
		return ""
	}
	before := string(d.before)
	text, err := udiff.ToUnified(d.name, d.name+"\t"+d.note, before, lineEdits(before, string(d.after)), udiff.DefaultContextLines)
	if err != nil {
		panic(err) // the edits do not fit the text they were made from
	}
	return renumbered(text)
}

// lineEdits turns one text into another by whole lines. Documents of a stream
// are compared each with its own: a search through all of a long stream, with
// the same lines in it over and over, takes long and matches what does not
// belong together.
func lineEdits(before, after string) []udiff.Edit {
	olds, news := splitDocuments(before), splitDocuments(after)
	if len(olds) != len(news) {
		olds, news = []string{before}, []string{after}
	}
	var edits []udiff.Edit
	offset := 0
	for i, old := range olds {
		for _, e := range documentEdits(old, news[i]) {
			edits = append(edits, udiff.Edit{Start: offset + e.Start, End: offset + e.End, New: e.New})
		}
		offset += len(old)
	}
	return edits
}

// splitDocuments cuts a stream above its separators.
func splitDocuments(text string) []string {
	var documents []string
	begin, offset := 0, 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "---") {
			documents = append(documents, text[begin:offset])
			begin = offset
		}
		offset += len(line)
	}
	return append(documents, text[begin:])
}

// maxPairs is the number of pairs of lines up to which the best match is looked
// for; beyond it a good one has to do, or it would take seconds.
const maxPairs = 50_000_000

func documentEdits(before, after string) []udiff.Edit {
	if before == after {
		return nil
	}
	olds, news := splitLines(before), splitLines(after)
	if len(olds)*len(news) > maxPairs {
		return udiff.Lines(before, after)
	}
	starts := make([]int, len(olds)+1)
	for i, line := range olds {
		starts[i+1] = starts[i] + len(line)
	}
	var edits []udiff.Edit
	for _, op := range difflib.NewMatcherWithJunk(olds, news, false, nil).GetOpCodes() {
		if op.Tag != 'e' { // not equal
			edits = append(edits, udiff.Edit{Start: starts[op.I1], End: starts[op.I2], New: strings.Join(news[op.J1:op.J2], "")})
		}
	}
	return edits
}

func splitLines(text string) []string { return slices.Collect(strings.Lines(text)) }

// painted colours the lines of a diff for a terminal, which nothing in them may steer.
func painted(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body, hadBreak := strings.CutSuffix(line, "\n")
		body, hadReturn := strings.CutSuffix(body, "\r")
		body = printableLines(body)
		if colour := colourOf(body); colour != "" {
			body = colour + body + plain
		}
		b.WriteString(body)
		if hadReturn {
			b.WriteByte('\r')
		}
		if hadBreak {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func colourOf(line string) string {
	switch {
	case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		return bold
	case strings.HasPrefix(line, "@@"):
		return cyan
	case strings.HasPrefix(line, "+"):
		return green
	case strings.HasPrefix(line, "-"):
		return red
	}
	return ""
}

// wantsColour tells whether colours are welcome in what is written to w: see
// https://no-color.org.
func wantsColour(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}
