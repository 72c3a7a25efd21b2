package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzRewrite checks that whatever text is taken, and however it is patched, the
// result says what the patch makes of what the text said.
func FuzzRewrite(f *testing.F) {
	samples, err := filepath.Glob("testdata/samples/*")
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples", err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, steer := range []string{"", "\x00\x03\x00\x01\x37", "\x02\x04\x01\x00\x02\x01\x31\x05\x00\x00\x02", "\x03\x05\x01\x01\x00\x01\x02\x02\x03\x01\x04\x0e\x01\x05"} {
			f.Add(text, []byte(steer))
		}
	}
	f.Fuzz(func(t *testing.T, text, steer []byte) {
		if len(text) > 8<<10 || bytes.Count(text, []byte("*")) > 30 {
			return
		}
		m := &patchMaker{steer: steer}
		checkRewrite(t, text, m.patch)
	})
}
