package podtemplate

import (
	"cmp"
	"slices"
	"strings"
	"text/template/parse"
)

// Condition is one of a template that kept it from writing a field.
type Condition struct {
	Template string `json:"template"`
	// Line is the condition's, from 1 in the template's own text, and Writes the line
	// that would write the field.
	Line   int `json:"line"`
	Writes int `json:"writes"`
	// Text is the condition as it stands there, without its delimiters: if .Values.x.
	Text string `json:"text"`
	// Reads are what it went by.
	Reads []Read `json:"reads,omitempty"`
}

// WhyNot finds the conditions that kept lines of the template from writing a field. The
// steps of its path name elements of lists. Where no line has the field itself, those
// count that leave what it is part of to an action.
func (t *Trace) WhyNot(path []string) []Condition {
	lines := t.in.outline()
	found := t.unmet(lines.at(path))
	for n := len(path) - 1; n > 0 && len(found) == 0; n-- {
		filled := slices.DeleteFunc(lines.at(path[:n]), func(l *outlined) bool { return !l.filled })
		found = t.unmet(filled)
	}
	return found
}

// unmet are the conditions around lines that were not met.
func (t *Trace) unmet(lines []*outlined) []Condition {
	var found []Condition
	for _, line := range lines {
		m := t.in.markOf(line)
		if m == nil || t.last[m.id] != nil {
			continue
		}
		if c, ok := t.unmetAround(m, line.line); ok {
			found = append(found, c)
		}
	}
	return found
}

// unmetAround is the outermost of the conditions around a mark that was not met.
func (t *Trace) unmetAround(m *mark, writes int) (Condition, bool) {
	var chain []*mark
	for ; m.around != nil; m = m.around {
		chain = append(chain, m)
	}
	for _, inside := range slices.Backward(chain) {
		around := inside.around
		e := t.last[around.id]
		if e == nil {
			return Condition{}, false // what is around it was not come to
		}
		if t.entered(around, inside.taken) {
			continue
		}
		reads := readings{trace: t}
		reads.own(e)
		text := conditionText(around.node)
		if inside.taken == elseBranch {
			text = "else of " + text
		}
		return Condition{Template: t.in.name, Line: t.in.line(int(around.node.Position())), Writes: writes, Text: text, Reads: reads.list}, true
	}
	return Condition{}, false
}

// entered says whether a branch was carried out.
func (t *Trace) entered(around *mark, taken branch) bool {
	return slices.ContainsFunc(t.in.marks, func(m *mark) bool {
		return m.node == nil && m.around == around && m.taken == taken && t.last[m.id] != nil
	})
}

func conditionText(node parse.Node) string {
	switch n := node.(type) {
	case *parse.IfNode:
		return "if " + n.Pipe.String()
	case *parse.WithNode:
		return "with " + n.Pipe.String()
	case *parse.RangeNode:
		return "range " + n.Pipe.String()
	}
	return ""
}

// markOf is the mark of the text in which a line has its key, or its first name.
func (in *marked) markOf(l *outlined) *mark {
	start, end := in.lines[l.line-1], len(in.source)
	if l.line < len(in.lines) {
		end = in.lines[l.line]
	}
	at := strings.Index(in.source[start:end], cmp.Or(l.key, "-"))
	if at < 0 {
		return nil
	}
	for _, m := range in.marks {
		if text, ok := m.node.(*parse.TextNode); ok && int(text.Pos) <= start+at && start+at < int(text.Pos)+len(text.Text) {
			return m
		}
	}
	return nil
}
