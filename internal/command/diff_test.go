package command

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestUnified(t *testing.T) {
	for _, test := range []struct{ name, before, after, want string }{
		{"nothing", "a\n", "a\n", ""},
		{"a line more", "a\nb\n", "a\nx\nb\n", "@@ -1,2 +1,3 @@\n a\n+x\n b\n"},
		{"no line break at the end", "a", "a\nb", "@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"},
		// The second document's lines must not be taken for the first's.
		{"documents alike", "---\na\n---\na\n", "---\nx\na\n---\nx\na\n", "@@ -1,4 +1,6 @@\n ---\n+x\n a\n ---\n+x\n a\n"},
		{"a document more", "a\n", "a\n---\nb\n", "@@ -1 +1,3 @@\n a\n+---\n+b\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := diff{"f", "later", []byte(test.before), []byte(test.after)}.unified()
			got = strings.TrimPrefix(got, "--- f\n+++ f\tlater\n")
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestHunksBeginWhereTheySay: what a hunk says of where it begins is so in both texts.
func TestHunksBeginWhereTheySay(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "---\n"}), 0, 40).Draw(t, "lines")
		return strings.Join(lines, "")
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		olds, news := splitLines(before), splitLines(after)
		old, now := 0, 0
		for line := range strings.Lines(diff{"f", "later", []byte(before), []byte(after)}.unified()) {
			if m := hunk.FindStringSubmatch(line); m != nil {
				old, _ = strconv.Atoi(m[1])
				now, _ = strconv.Atoi(m[3])
				continue
			}
			if old+now == 0 {
				continue // the names of the files
			}
			if line[0] != '+' {
				if olds[old-1] != line[1:] {
					t.Fatalf("line %d before is %q, not %q", old, olds[old-1], line[1:])
				}
				old++
			}
			if line[0] != '-' {
				if news[now-1] != line[1:] {
					t.Fatalf("line %d after is %q, not %q", now, news[now-1], line[1:])
				}
				now++
			}
		}
	})
}

func TestPainted(t *testing.T) {
	got := painted("--- f\n+++ f\n@@ -1 +1 @@\n a\r\n-b\n+c\x1b[2J\u202e")
	want := bold + "--- f" + plain + "\n" + bold + "+++ f" + plain + "\n" + cyan + "@@ -1 +1 @@" + plain + "\n a\r\n" +
		red + "-b" + plain + "\n" + green + `+c\x1b[2J\u202e` + plain
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWantsColour(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: no terminal can be made here: %v", err)
	}
	defer terminal.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if !wantsColour(terminal) {
		t.Error("no colour on a terminal")
	}
	if wantsColour(&bytes.Buffer{}) {
		t.Error("colour in what is no terminal")
	}
	t.Setenv("NO_COLOR", "1")
	if wantsColour(terminal) {
		t.Error("colour in spite of NO_COLOR")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if wantsColour(terminal) {
		t.Error("colour on a dumb terminal")
	}
}
