package command

import (
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/explain"
)

// margin says what wrote the lines of a text, by their number.
type margin map[int]string

// margin explains what injection wrote into a file.
func (in *injection) margin(name string, before, after []byte) (margin, error) {
	m := margin{}
	texts := explain.NewTexts(string(before), string(after))
	err := in.explainAll(before, name, func(e *explained) {
		pod := texts.Next(e.Workload)
		if e.Explanation == nil {
			return
		}
		for _, f := range e.Fields {
			lines := pod.Lines(f, e.Explanation.Pod)
			for n := lines.Head; n > 0 && n <= lines.To; n++ {
				m.add(n, explain.WriterName(f.By))
			}
		}
	})
	return m, err
}

// add names a writer of a line. Of a line with several, the first is named.
func (m margin) add(line int, writer string) {
	switch told := m[line]; {
	case told == "":
		m[line] = writer
	case told != writer && !strings.HasSuffix(told, " ..."):
		m[line] = told + " ..."
	}
}

// put writes what is said of the added lines of a diff in front of them. shown is the
// diff as it is to be seen, which has the same lines.
func (m margin) put(diff, shown string, colour bool) string {
	room := 0
	for _, writer := range m {
		room = max(room, width(writer))
	}
	var out strings.Builder
	lines := strings.SplitAfter(shown, "\n")
	at := 0
	for i, line := range splitLines(diff) {
		writer := ""
		head := hunk.FindStringSubmatch(line)
		switch {
		case head != nil:
			at, _ = strconv.Atoi(head[3])
		case at == 0: // the names of the files
		case strings.HasPrefix(line, "+"):
			writer = m[at]
			at++
		case strings.HasPrefix(line, " "):
			at++
		}
		padded := pad(writer, room) + " "
		if colour && writer != "" {
			padded = cyan + padded + plain
		}
		out.WriteString(strings.TrimRight(padded+lines[i], " "))
	}
	return out.String()
}
