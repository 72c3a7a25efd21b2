package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestMayMention finds a word wherever it stands, also where two pieces meet.
func TestMayMention(t *testing.T) {
	const word = "ProxyConfig"
	file := filepath.Join(t.TempDir(), "a.yaml")
	in := &inputs{}
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.SampledFrom([]int{0, 64 << 10, 128 << 10}).Draw(t, "near")
		text := strings.Repeat("P", max(0, near+rapid.IntRange(-20, 20).Draw(t, "off")))
		text += rapid.SampledFrom([]string{word, word[:5], "", word[:10] + word}).Draw(t, "word") + strings.Repeat("x", rapid.IntRange(0, 20).Draw(t, "rest"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, want := in.mayMention(file, word), strings.Contains(text, word); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
	for _, name := range []string{standardInput, "https://example.com/a.yaml", os.DevNull, filepath.Join(t.TempDir(), "gone")} {
		if !in.mayMention(name, word) {
			t.Errorf("%s: it may be there", name)
		}
	}
}
