package podtemplate

import (
	"regexp"
	"slices"
	"strings"
)

// outline is what the lines of a template would write, were all of it carried out: the
// text is read by its indentation alone, with nothing in the place of conditions.
type outline []*outlined

// outlined is a key or an element of a list that a line has.
type outlined struct {
	line   int
	indent int
	key    string
	item   bool
	above  *outlined
	// value is what stands behind it on the line.
	value string
	// names are the scalars of an element, by which it may be meant.
	names []string
	// filled says that an action writes what is in it.
	filled bool
}

// filler stands for the text of an action.
const filler = "\x00"

// outlineOf reads the lines of a template.
func outlineOf(source, left, right string) outline {
	var all outline
	var top *outlined
	block := -1 // the indentation of the key whose text goes on
	for i, line := range strings.Split(masked(source, left, right), "\n") {
		text := strings.TrimLeft(line, " ")
		indent := len(line) - len(text)
		text = strings.TrimRight(text, " \r")
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
			continue
		case block >= 0 && indent > block:
			continue
		case strings.Trim(text, filler) == "":
			if top != nil {
				top.filled = true
			}
			continue
		}
		block = -1
		for {
			dash := text == "-" || strings.HasPrefix(text, "- ")
			for top != nil && (top.indent > indent || top.indent == indent && (top.item || !dash)) {
				top = top.above
			}
			if !dash {
				break
			}
			top = &outlined{line: i + 1, indent: indent, item: true, above: top}
			all = append(all, top)
			rest := strings.TrimLeft(text[1:], " ")
			indent += len(text) - len(rest)
			text = rest
		}
		key, value, ok := cutKey(text)
		if !ok {
			if top != nil && top.item {
				top.names = append(top.names, unquoted(text))
			}
			continue
		}
		top = &outlined{line: i + 1, indent: indent, key: key, value: value, above: top, filled: strings.Trim(value, filler) == "" && value != ""}
		all = append(all, top)
		if above := top.above; above != nil && above.item && value != "" {
			above.names = append(above.names, unquoted(value))
		}
		if strings.HasPrefix(value, "|") || strings.HasPrefix(value, ">") {
			block = indent
		}
	}
	return all
}

var control = regexp.MustCompile(`^-?\s*(?:if|else|end|range|with|define|block|template|break|continue|/\*|\$\w*\s*:?=)`)

// masked is a template with fillers for its actions that write something, and nothing
// for the others. Its lines are the template's.
func masked(source, left, right string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(source, left)
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		action, after, _ := strings.Cut(rest, right)
		if !control.MatchString(action) {
			out.WriteString(filler)
		}
		out.WriteString(strings.Repeat("\n", strings.Count(action, "\n")))
		source = after
	}
}

func cutKey(text string) (key, value string, ok bool) {
	if key, ok = strings.CutSuffix(text, ":"); !ok {
		key, value, ok = strings.Cut(text, ": ")
	}
	return unquoted(key), strings.TrimSpace(value), ok && key != ""
}

func unquoted(text string) string { return strings.Trim(text, `"'`) }

// at finds the lines that write the field of a path; its steps name elements of lists.
func (o outline) at(path []string) []*outlined {
	var found []*outlined
	for _, line := range o {
		if line.is(path) {
			found = append(found, line)
		}
	}
	return found
}

func (l *outlined) is(path []string) bool {
	for ; l != nil; l = l.above {
		if len(path) == 0 {
			return false
		}
		step := path[len(path)-1]
		if l.item {
			if !slices.ContainsFunc(l.names, func(name string) bool { return name == step }) {
				return false
			}
		} else if l.key != step {
			return false
		}
		path = path[:len(path)-1]
	}
	return len(path) == 0
}
