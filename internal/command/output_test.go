package command

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestHeldOutput has a text that is too long for memory: it comes out whole, and only
// when it is committed, and no file is left.
func TestHeldOutput(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, size := range []int{0, 10, pieceSize, mostPieces * pieceSize, mostPieces*pieceSize + 1, 3*mostPieces*pieceSize + 7} {
		want := strings.Repeat("0123456789a\n", size/12+1)[:size]
		for _, step := range []int{1000, pieceSize, 5*pieceSize + 1} {
			var out bytes.Buffer
			h := &heldOutput{w: &out}
			for rest := want; rest != ""; {
				n, err := h.Write([]byte(rest[:min(step, len(rest))]))
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if (h.file != nil) != (size > mostPieces*pieceSize) {
				t.Errorf("%d bytes are in a file: %v", size, h.file != nil)
			}
			if out.Len() > 0 {
				t.Fatalf("%d bytes came out before", out.Len())
			}
			if err := h.commit(); err != nil || out.String() != want {
				t.Errorf("%d bytes came out, want %d (%v)", out.Len(), size, err)
			}
			h.discard()
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("there is left %v (%v)", left, err)
	}
}

// TestHeldOutputWithoutRoomForFiles stays in memory.
func TestHeldOutputWithoutRoomForFiles(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	var out bytes.Buffer
	h := &heldOutput{w: &out}
	want := strings.Repeat("x", 2*mostPieces*pieceSize)
	if _, err := h.Write([]byte(want)); err != nil {
		t.Fatal(err)
	}
	if err := h.commit(); err != nil || out.String() != want {
		t.Errorf("%d bytes came out, want %d (%v)", out.Len(), len(want), err)
	}
}
