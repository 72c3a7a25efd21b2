package podtemplate

import (
	"bytes"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestWriteQuoted: usual texts are quoted as any others.
func TestWriteQuoted(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "some-thing_1.2", "\x7f", "\"", "\\", "\n", "é", "\xff", " ", ""})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, p := range rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces") {
			text += p
		}
		var out bytes.Buffer
		if writeQuoted(&out, text); out.String() != strconv.Quote(text) {
			t.Fatalf("got %s, want %s", &out, strconv.Quote(text))
		}
	})
}
