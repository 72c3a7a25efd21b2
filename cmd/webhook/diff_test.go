package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func TestPainted(t *testing.T) {
	got := painted("--- f\n+++ f\n@@ -1 +1 @@\n a\n-b\n+c")
	want := bold + "--- f" + plain + "\n" + bold + "+++ f" + plain + "\n" + cyan + "@@ -1 +1 @@" + plain + "\n a\n" +
		red + "-b" + plain + "\n" + green + "+c" + plain
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
