package tree

import (
	"testing"

	"pgregory.net/rapid"
)

// What is told from letters alone is what reading it as a number tells.
func TestNumbersAreToldFromLetters(t *testing.T) {
	scalar := rapid.OneOf(
		rapid.StringMatching(`[-+0-9][-+0-9a-fA-FxXoOpP._:, ]{0,24}`),
		rapid.StringMatching(`[-+]?[0-9]{1,22}`),
		rapid.StringMatching(`[-+]?[0-9]{1,4}(\.[0-9_]{0,4})?([eE][-+]?[0-9]{0,3})?`),
		rapid.StringMatching(`[-+]?0[xXoObB]?[0-9a-f_]{0,6}`),
		rapid.StringMatching(`[0-9]\PC{0,8}`))
	rapid.Check(t, func(t *rapid.T) {
		s := scalar.Draw(t, "scalar")
		text, ok := number(s)
		if ok && !likeNumber(s) {
			t.Errorf("%q is number %s, and does not count as like one", s, text)
		}
		if isInteger(s) && (!ok || text != s) {
			t.Errorf("%q does not stand for itself: %q, %v", s, text, ok)
		}
	})
}
