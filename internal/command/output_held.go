package command

import (
	"bufio"
	"io"
	"os"
)

// heldOutput keeps the text until it may go out: in memory, and from a certain length
// on in a file without a name, which is gone when the process is.
type heldOutput struct {
	w     io.Writer
	close func() error
	// pieces are the text, so that growing copies nothing.
	pieces [][]byte
	file   *os.File
	toFile *bufio.Writer
	// stays is the name of the file where it could not be taken away yet.
	stays string
}

const (
	pieceSize = 256 << 10
	// mostPieces are kept in memory.
	mostPieces = 16
)

func (h *heldOutput) Write(b []byte) (int, error) {
	if h.toFile != nil {
		return h.toFile.Write(b)
	}
	written := len(b)
	for len(b) > 0 {
		last := len(h.pieces) - 1
		if last < 0 || len(h.pieces[last]) == cap(h.pieces[last]) {
			if last+1 == mostPieces && h.moveToFile() {
				n, err := h.toFile.Write(b)
				return written - len(b) + n, err
			}
			h.pieces = append(h.pieces, make([]byte, 0, pieceSize))
			last++
		}
		n := min(len(b), cap(h.pieces[last])-len(h.pieces[last]))
		h.pieces[last] = append(h.pieces[last], b[:n]...)
		b = b[n:]
	}
	return written, nil
}

// moveToFile moves what there is to a file. It returns false where no file can be had:
// the text stays in memory.
func (h *heldOutput) moveToFile() bool {
	file, err := os.CreateTemp("", "outrigger-*.tmp")
	if err != nil {
		return false
	}
	if os.Remove(file.Name()) != nil { // some systems keep what is open
		h.stays = file.Name()
	}
	h.file, h.toFile = file, bufio.NewWriterSize(file, pieceSize)
	for _, piece := range h.pieces {
		_, _ = h.toFile.Write(piece) // the writer remembers its error
	}
	h.pieces = nil
	return true
}

func (h *heldOutput) commit() error {
	defer h.discard()
	for _, piece := range h.pieces {
		if _, err := h.w.Write(piece); err != nil {
			return err
		}
	}
	if h.file != nil {
		if err := h.toFile.Flush(); err != nil {
			return err
		}
		if _, err := h.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(h.w, h.file); err != nil {
			return err
		}
	}
	if h.close != nil {
		return h.close()
	}
	return nil
}

func (h *heldOutput) discard() {
	if h.file != nil {
		_ = h.file.Close()
	}
	if h.stays != "" {
		_ = os.Remove(h.stays)
	}
	if h.close != nil {
		_ = h.close() // a second time changes nothing
	}
}
