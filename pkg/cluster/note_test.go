package cluster

import (
	"strings"
	"testing"
)

// A note is cut within the limit, and not within a character.
func TestNote(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"short", "short"},
		{strings.Repeat("a", 1024), strings.Repeat("a", 1024)},
		{strings.Repeat("a", 1025), strings.Repeat("a", 1021) + "…"},
		{strings.Repeat("ä", 600), strings.Repeat("ä", 510) + "…"},
	} {
		if got := Note(test.text); got != test.want {
			t.Errorf("%d bytes became %d: %s", len(test.text), len(got), got)
		}
	}
}
