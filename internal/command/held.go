package command

import (
	"bufio"
	"bytes"
	"io"
	"os"
)

// held is a text that is kept: in memory, and from a certain length on in a file without
// a name, which is gone when the process is.
type held struct {
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

func (h *held) Write(b []byte) (int, error) {
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
func (h *held) moveToFile() bool {
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

// writeTo writes the text to w.
func (h *held) writeTo(w io.Writer) error {
	for _, piece := range h.pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	if h.file == nil {
		return nil
	}
	if err := h.toFile.Flush(); err != nil {
		return err
	}
	if _, err := h.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, h.file)
	return err
}

// reader reads the text from its beginning. Nothing may be written any more.
func (h *held) reader() (*heldReader, error) {
	if h.file != nil {
		if err := h.toFile.Flush(); err != nil {
			return nil, err
		}
		info, err := h.file.Stat()
		if err != nil {
			return nil, err
		}
		return &heldReader{io.NewSectionReader(h.file, 0, info.Size()), int(info.Size())}, nil
	}
	r := &heldReader{}
	pieces := make([]io.Reader, len(h.pieces))
	for i, piece := range h.pieces {
		pieces[i] = bytes.NewReader(piece)
		r.left += len(piece)
	}
	r.text = io.MultiReader(pieces...)
	return r, nil
}

// discard forgets the text.
func (h *held) discard() {
	if h.file != nil {
		_ = h.file.Close()
	}
	if h.stays != "" {
		_ = os.Remove(h.stays)
	}
}

// heldReader reads a text that is held.
type heldReader struct {
	text io.Reader
	left int
}

func (r *heldReader) Read(b []byte) (int, error) {
	n, err := r.text.Read(b)
	r.left -= n
	return n, err
}

// Len is how much is yet to be read.
func (r *heldReader) Len() int { return r.left }

// Close does nothing: the text may be read again.
func (r *heldReader) Close() error { return nil }
