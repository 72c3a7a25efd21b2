package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// output takes what a command makes, and lets it out only once all of it is
// known to be good.
type output interface {
	io.Writer
	// commit lets the text out.
	commit() error
	// discard forgets the text, unless it was committed.
	discard()
}

// newOutput is one for a file, or for w where no file is named.
func newOutput(file string, w io.Writer) (output, error) {
	if file == "" || file == standardInput {
		return &heldOutput{w: w}, nil
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newFileOutput(file, 0o666)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("-o %s: it is a folder", file)
	case !info.Mode().IsRegular(): // such as /dev/stdout, which no file can replace
		to, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &heldOutput{w: to, close: to.Close}, nil
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return nil, err
	}
	out, err := newFileOutput(file, info.Mode().Perm())
	if err != nil {
		return nil, err
	}
	keepOwner(out.File, info)
	// The umask may have taken away what the file had.
	if err := out.Chmod(info.Mode().Perm()); err != nil {
		out.discard()
		return nil, err
	}
	return out, nil
}

// heldOutput keeps the text in memory, in pieces so that growing copies nothing.
type heldOutput struct {
	w      io.Writer
	close  func() error
	pieces [][]byte
}

const pieceSize = 256 << 10

func (h *heldOutput) Write(b []byte) (int, error) {
	written := len(b)
	for len(b) > 0 {
		last := len(h.pieces) - 1
		if last < 0 || len(h.pieces[last]) == cap(h.pieces[last]) {
			h.pieces = append(h.pieces, make([]byte, 0, pieceSize))
			last++
		}
		n := min(len(b), cap(h.pieces[last])-len(h.pieces[last]))
		h.pieces[last] = append(h.pieces[last], b[:n]...)
		b = b[n:]
	}
	return written, nil
}

func (h *heldOutput) commit() error {
	for _, piece := range h.pieces {
		if _, err := h.w.Write(piece); err != nil {
			return err
		}
	}
	if h.close != nil {
		return h.close()
	}
	return nil
}

func (h *heldOutput) discard() {
	if h.close != nil {
		_ = h.close() // a second time changes nothing
	}
}
