package tree

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlainRun: eight at a time, it is as long as byte by byte.
func TestPlainRun(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "plain ", "0123456789", "\"", "\\", "\n", "\x00", "\x1f", " ", "~", "\x7f", "\x80", "\xa0", "\xff", "é", "!", "#", "[", "]"})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, p := range rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces") {
			text += p
		}
		want := 0
		for want < len(text) && text[want] >= ' ' && text[want] < 0x80 && text[want] != '"' && text[want] != '\\' {
			want++
		}
		if got := PlainRun(text); got != want {
			t.Fatalf("%d of %q, want %d", got, text, want)
		}
		want = 0
		for want < len(text) && (text[want] == '\n' || text[want] >= ' ' && text[want] <= '~') {
			want++
		}
		if got := ordinaryRun(text); got != want/8*8 {
			t.Fatalf("%d of %q, want %d", got, text, want/8*8)
		}
	})
}
