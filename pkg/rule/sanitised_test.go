package rule

import (
	"testing"

	"pgregory.net/rapid"
)

func TestKeysAreComparedSanitised(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(
			rapid.StringMatching(`prometheus[._/-]io[._/é-](scrape|port|path)`),
			rapid.StringMatching(`\PC{0,20}`), rapid.Just("\xff")).Draw(t, "key")
		for _, other := range []string{scrapeAnnotation, portAnnotation, sanitised(key), "", "_"} {
			if got, want := isSanitised(key, other), sanitised(key) == other; got != want {
				t.Errorf("%q and %q: %v, want %v", key, other, got, want)
			}
		}
	})
}
