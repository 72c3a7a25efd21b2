package command

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
		return newFileOutput(realPath(file), 0o666)
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
	keepOwner(out.file, info)
	// The umask may have taken away what the file had.
	if err := out.file.Chmod(info.Mode().Perm()); err != nil {
		out.discard()
		return nil, err
	}
	return out, nil
}
