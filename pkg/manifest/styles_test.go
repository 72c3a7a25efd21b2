package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// styler writes random pods in all the ways that people write YAML.
type styler struct {
	t        *rapid.T
	step     int
	offset   int // of dashes from their key
	dash     int
	anchors  int      // so far
	complete []string // those whose value is written: an alias inside of its own anchor's value says nothing
	comments bool
}

func (s *styler) chance(percent int, label string) bool {
	return rapid.IntRange(0, 99).Draw(s.t, label) < percent
}

func (s *styler) scalar() string {
	return rapid.SampledFrom([]string{
		"text", "yes", "'single'", `"double \" \n"`, "1", "0x1F", "1.50", "~", "plain text", "a:b", "--flag", "'it''s'", "é", `"日本 # no comment"`, "!!str 5", "2001-01-01",
	}).Draw(s.t, "scalar")
}

func (s *styler) name(i int) string {
	return rapid.SampledFrom([]string{"name", "image", "args", "env", "key", "'quoted'", `"double"`, "ünï", "a.b/c", "on"}).Draw(s.t, "name") + [...]string{"", "", "1", "2", "3", "4", "5", "6"}[min(i, 7)]
}

func (s *styler) gap(col int) string {
	var b strings.Builder
	if s.chance(8, "blank") {
		b.WriteString("\n")
	}
	if s.comments && s.chance(15, "comment") {
		fmt.Fprintf(&b, "%s# comment\n", spaces(col))
	}
	return b.String()
}

func (s *styler) trailing() string {
	switch {
	case s.comments && s.chance(10, "beside"):
		return "  # beside\n"
	case s.chance(5, "tail"):
		return "  \n"
	}
	return "\n"
}

func (s *styler) anchor() string {
	if !s.chance(10, "anchor") {
		return ""
	}
	s.anchors++
	return fmt.Sprintf(" &a%d", s.anchors)
}

// value is what stands behind a colon or dash: the rest of the line, and lines.
// col is the column that the lines below must be right of.
func (s *styler) value(col, depth int, item bool) string {
	kind := rapid.IntRange(0, 9).Draw(s.t, "kind")
	if depth <= 0 && kind > 3 {
		kind = 0
	}
	if len(s.complete) > 0 && s.chance(10, "alias") {
		return " *" + rapid.SampledFrom(s.complete).Draw(s.t, "which") + s.trailing()
	}
	text := s.written(kind, col, depth, item)
	if anchored, is := strings.CutPrefix(text, " &"); is {
		s.complete = append(s.complete, anchored[:strings.IndexAny(anchored, " \n")])
	}
	return text
}

// written is a value of its own, no alias.
func (s *styler) written(kind, col, depth int, item bool) string {
	switch {
	case kind < 3:
		return s.anchor() + " " + s.scalar() + s.trailing()
	case kind == 3:
		return s.literal(col)
	case kind == 4:
		text := s.flow(depth-1, s.chance(30, "over lines"), col+s.step)
		return " " + text + s.trailing()
	case kind < 7:
		anchor := s.anchor()
		at := col + s.step
		if item {
			at = col + s.dash
			if anchor == "" && s.chance(80, "inline") {
				return spaces(s.dash-1) + strings.TrimLeft(s.mapping(at, depth-1, false), " ")
			}
		}
		return anchor + s.trailing() + s.mapping(at, depth-1, true)
	default:
		anchor := s.anchor()
		at := col + s.offset
		if item {
			at = col + s.dash
			if anchor == "" && s.chance(60, "inline") {
				return spaces(s.dash-1) + strings.TrimLeft(s.sequence(at, depth-1, false), " ")
			}
		}
		return anchor + s.trailing() + s.sequence(at, depth-1, true)
	}
}

func (s *styler) literal(col int) string {
	var b strings.Builder
	b.WriteString(" " + rapid.SampledFrom([]string{"|", "|-", "|+", ">", ">-", ">+"}).Draw(s.t, "literal") + "\n")
	for range rapid.IntRange(0, 3).Draw(s.t, "lines") {
		b.WriteString(spaces(col+s.step) + rapid.SampledFrom([]string{"line", "# no comment", "  deeper", "a: b"}).Draw(s.t, "line") + "\n")
		if s.chance(20, "blank") {
			b.WriteString("\n")
		}
	}
	text := b.String()
	// A first line that is indented more would set the indentation for all.
	if lines := strings.SplitN(text, "\n", 3); len(lines) > 1 && strings.HasPrefix(lines[1], spaces(col+s.step)+"  ") {
		return lines[0] + "\n" + spaces(col+s.step) + "first\n" + strings.Join(lines[1:], "\n")
	}
	return text
}

func (s *styler) flow(depth int, overLines bool, col int) string {
	gap, opens, closes := " ", "", ""
	if overLines {
		gap, opens, closes = "\n"+spaces(col), "\n"+spaces(col), "\n"+spaces(col)
	}
	var parts []string
	n := rapid.IntRange(0, 3).Draw(s.t, "parts")
	object := s.chance(50, "object")
	for i := range n {
		var v string
		if depth > 0 && s.chance(30, "nested") {
			v = s.flow(depth-1, overLines && s.chance(50, "over lines"), col+s.step)
		} else {
			v = rapid.SampledFrom([]string{"a", "'b'", `"c"`, "1", "true", "d e"}).Draw(s.t, "flow scalar")
		}
		if object {
			v = fmt.Sprintf("k%d: %s", i, v)
			if s.chance(10, "no value") {
				v = fmt.Sprintf("k%d", i)
			}
		}
		parts = append(parts, v)
	}
	text := strings.Join(parts, ","+gap)
	if n > 0 && s.chance(10, "comma") {
		text += ","
	}
	if n == 0 {
		opens, closes = "", ""
	}
	if object {
		return "{" + opens + text + closes + "}"
	}
	return "[" + opens + text + closes + "]"
}

func (s *styler) mapping(col, depth int, gaps bool) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 4).Draw(s.t, "members") {
		if i > 0 || gaps {
			b.WriteString(s.gap(col))
		}
		name := fmt.Sprintf("k%d", i)
		if s.chance(50, "named") {
			name = s.name(i)
			name = strings.Trim(name, `'"12345`) + fmt.Sprint(i)
		}
		switch {
		case s.chance(4, "explicit"):
			fmt.Fprintf(&b, "%s? %s\n%s:%s", spaces(col), name, spaces(col), s.value(col, depth, false))
		case s.chance(5, "null"):
			fmt.Fprintf(&b, "%s%s:%s", spaces(col), name, s.trailing())
		default:
			fmt.Fprintf(&b, "%s%s:%s", spaces(col), name, s.value(col, depth, false))
		}
	}
	return b.String()
}

func (s *styler) sequence(col, depth int, gaps bool) string {
	var b strings.Builder
	for i := range rapid.IntRange(1, 4).Draw(s.t, "items") {
		if i > 0 || gaps {
			b.WriteString(s.gap(col))
		}
		fmt.Fprintf(&b, "%s-%s", spaces(col), s.value(col, depth, true))
	}
	return b.String()
}

func (s *styler) document() []byte {
	s.step = rapid.SampledFrom([]int{2, 2, 4, 3}).Draw(s.t, "step")
	s.offset = rapid.SampledFrom([]int{0, s.step}).Draw(s.t, "offset")
	s.dash = rapid.SampledFrom([]int{2, 2, 4}).Draw(s.t, "dash")
	s.comments = s.chance(50, "comments")
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\n")
	if s.chance(70, "metadata") {
		b.WriteString("metadata:\n" + s.mapping(s.step, 2, true))
	}
	b.WriteString(s.gap(0) + "spec:\n" + s.mapping(s.step, 4, true))
	if s.chance(50, "status") {
		b.WriteString(s.gap(0) + "status:" + s.value(0, 2, false))
	}
	if s.chance(20, "end") {
		b.WriteString("# the end\n")
	}
	text := []byte(b.String())
	if s.chance(20, "no break") {
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	if s.chance(20, "windows") {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	return text
}

// TestRewriteStyles: whatever the style, it is taken, the result says what the patch makes of
// what the text said, and only the patch's lines differ.
func TestRewriteStyles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &styler{t: t}
		text := s.document()
		m := &patchMaker{steer: rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(t, "steer")}
		if checkRewrite(t, text, m.patch) == nil {
			t.Fatalf("not taken\n%s", text)
		}
	})
}

// TestRewriteJSON: JSON stays JSON, whatever its style.
func TestRewriteJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var value func(depth int) any
		value = func(depth int) any {
			switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case kind == 0 || depth == 0:
				return rapid.SampledFrom([]any{"a", "é\u2028", 1.5, true, nil, "a\nb", "\"\\/"}).Draw(t, "scalar")
			case kind < 3:
				list := []any{}
				for range rapid.IntRange(0, 3).Draw(t, "items") {
					list = append(list, value(depth-1))
				}
				return list
			default:
				object := map[string]any{}
				for i := range rapid.IntRange(0, 3).Draw(t, "members") {
					object[fmt.Sprint("k", i)] = value(depth - 1)
				}
				return object
			}
		}
		pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{"containers": value(4), "x": value(3)}}
		if rapid.Bool().Draw(t, "metadata") {
			pod["metadata"] = map[string]any{"labels": value(2)}
		}
		text, err := json.Marshal(pod)
		if err != nil {
			t.Fatal(err)
		}
		if indent := rapid.SampledFrom([]string{"", "  ", "\t", "    "}).Draw(t, "indent"); indent != "" {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, text, "", indent); err != nil {
				t.Fatal(err)
			}
			text = pretty.Bytes()
		}
		m := &patchMaker{steer: rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(t, "steer")}
		if out := checkRewrite(t, text, m.patch); !json.Valid(out) {
			t.Fatalf("no JSON any more:\n%s\n%s", text, out)
		}
	})
}

// Strings that are told by their letters alone are told as the whole form would.
func TestNumberLikeIsNumberForm(t *testing.T) {
	letters := []rune("0123456789aAbBxXoOtTnNiIfFeEzZm_+-.,: \t/é")
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringOfN(rapid.SampledFrom(letters), 1, 24, -1),
			rapid.StringMatching(`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9a-zé:]*)?`),
			rapid.StringMatching(`[-+]?[0-9_]+(:[0-9]{2}|\.[0-9]*|e[0-9]*|m|Mi)?`),
		).Draw(t, "string")
		if got, want := isNumberLike(s), numberForm.MatchString(s); got != want {
			t.Fatalf("%q: %v, want %v", s, got, want)
		}
	})
}
