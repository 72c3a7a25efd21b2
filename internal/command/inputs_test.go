package command

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// TestMentions finds a word wherever it stands, also where two pieces meet, in files and
// in what is kept.
func TestMentions(t *testing.T) {
	const word = "ProxyConfig"
	file := filepath.Join(t.TempDir(), "a.yaml")
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.SampledFrom([]int{0, 64 << 10, 128 << 10, pieceSize}).Draw(t, "near")
		text := strings.Repeat("P", max(0, near+rapid.IntRange(-20, 20).Draw(t, "off")))
		text += rapid.SampledFrom([]string{word, word[:5], "", word[:10] + word}).Draw(t, "word") + strings.Repeat("x", rapid.IntRange(0, 20).Draw(t, "rest"))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in := &inputs{stdin: strings.NewReader(text)}
		for _, name := range []string{file, standardInput} {
			if got, err := in.mentions(name, word); err != nil || got != strings.Contains(text, word) {
				t.Fatalf("%s: %v, %v, want %v", name, got, err, strings.Contains(text, word))
			}
		}
	})
}

// TestInputsAreReadAgain: what can be read but once is there as often as it is asked for,
// knows how long it is, and leaves no file.
func TestInputsAreReadAgain(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, size := range []int{0, 10, pieceSize + 1, mostPieces * pieceSize, mostPieces*pieceSize + 1} {
		want := bytes.Repeat([]byte("0123456789a\n"), size/12+1)[:size]
		in := &inputs{stdin: iotest.HalfReader(bytes.NewReader(want))}
		for range 2 {
			from, err := in.open(standardInput)
			if err != nil {
				t.Fatal(err)
			}
			if left := from.(manifest.Measured).Len(); left != size {
				t.Errorf("%d are left of %d", left, size)
			}
			got, err := io.ReadAll(from)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes came out, want %d (%v)", len(got), size, err)
			}
			if left := from.(manifest.Measured).Len(); left != 0 {
				t.Errorf("%d are left of %d that were read", left, size)
			}
		}
		in.discard()
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("there is left %v (%v)", left, err)
	}
}

// TestInputsThatFail name what could not be read.
func TestInputsThatFail(t *testing.T) {
	in := &inputs{stdin: io.MultiReader(strings.NewReader("kind: Pod\n"), iotest.ErrReader(io.ErrUnexpectedEOF))}
	if _, err := in.open(standardInput); err == nil || err.Error() != "stdin: unexpected EOF" {
		t.Errorf("got %v", err)
	}
	if _, err := in.open(filepath.Join(t.TempDir(), "gone")); !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

// TestInputsWithoutEnd are refused once, and what is left of them is not read on.
func TestInputsWithoutEnd(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	in := &inputs{stdin: endless{}}
	defer in.discard()
	for range 2 {
		if _, err := in.open(standardInput); err == nil || !strings.Contains(err.Error(), "stdin: it is larger than 256 MiB") || !strings.Contains(err.Error(), "write it to a file first") {
			t.Errorf("error %v", err)
		}
		in.stdin = strings.NewReader("the rest")
	}
	if runtime.GOOS == "windows" {
		return
	}
	if text, err := in.read("/dev/zero"); err != nil || string(text) != "\x00" {
		t.Errorf("%d bytes of /dev/zero, %v", len(text), err)
	}
	if text, err := in.read("/dev/null"); err != nil || len(text) > 0 {
		t.Errorf("%d bytes of /dev/null, %v", len(text), err)
	}
}

// endless is a text that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'y'
	}
	return len(b), nil
}
