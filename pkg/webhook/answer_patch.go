package webhook

import (
	"encoding/base64"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// patchWriter writes a patch as base64 of a JSON Patch document (RFC 6902), a piece at a
// time: a patch may have many megabytes, and one copy of it is enough.
type patchWriter struct {
	to    []byte
	piece []byte // what is not encoded yet
}

// largestPiece is more than most patches.
const largestPiece = 24 << 10

func (w *patchWriter) write(patch tree.Patch) {
	w.piece = append(w.piece, '[')
	for i := range patch {
		if i > 0 {
			w.piece = append(w.piece, ',')
		}
		op := &patch[i]
		w.piece = append(w.piece, `{"op":`...)
		w.piece = tree.AppendString(w.piece, op.Operation)
		w.piece = append(w.piece, `,"path":`...)
		w.piece = tree.AppendString(w.piece, op.Path)
		if text := tree.TextOf(*op); len(text) > 0 {
			w.piece = append(w.piece, `,"value":`...)
			w.append(text)
		}
		w.piece = append(w.piece, '}')
	}
	w.piece = append(w.piece, ']')
	w.encode(len(w.piece))
}

func (w *patchWriter) append(text []byte) {
	for len(text) > 0 {
		n := min(len(text), largestPiece)
		w.piece = append(w.piece, text[:n]...)
		text = text[n:]
		if len(w.piece) >= largestPiece {
			w.encode(len(w.piece) / 3 * 3) // base64 has a filling at its end alone
		}
	}
}

// encode encodes the first n bytes of the piece.
func (w *patchWriter) encode(n int) {
	w.to = base64.StdEncoding.AppendEncode(w.to, w.piece[:n])
	w.piece = append(w.piece[:0], w.piece[n:]...)
}

// lengthOf is about how long a patch is as a document: at most, but for what its paths
// have to escape.
func lengthOf(patch tree.Patch) int {
	n := len(`[]`)
	for i := range patch {
		n += len(`{"op":"replace","path":"","value":},`) + len(patch[i].Path) + len(tree.TextOf(patch[i]))
	}
	return n
}
