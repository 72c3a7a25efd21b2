package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// standardInput stands for the standard input where a file is named.
const standardInput = "-"

// expandInputs lists the files to read, folders replaced by the manifests below
// them, sorted by path. output is a file that is written, and so is not read as one of
// a folder; empty for none.
func expandInputs(names []string, output string) ([]string, error) {
	if len(names) == 0 {
		return nil, errors.New("no manifests given: use -f FILE, -f DIR or, for standard input, -f -")
	}
	var files []string
	var errs []error
	for i, name := range names {
		if isURL(name) {
			files = append(files, name)
			continue
		}
		switch info, err := os.Stat(name); {
		case name == "":
			errs = append(errs, errors.New("-f needs the name of a file or folder"))
		case name == standardInput:
			if slices.Contains(names[:i], standardInput) {
				errs = append(errs, errors.New("-f - is used twice, but standard input can be read only once"))
			}
			files = append(files, name)
		case err != nil:
			errs = append(errs, err)
		case info.IsDir():
			below, err := manifestsBelow(name, output)
			files, errs = append(files, below...), append(errs, err)
		default:
			files = append(files, name)
		}
	}
	return files, errors.Join(errs...)
}

// shownName is what errors and diffs call a file.
func shownName(file string) string {
	switch {
	case file == standardInput:
		return "stdin"
	case isURL(file):
		return shownURL(file)
	}
	return printable(file)
}

// inputs opens what is read by name, as often as is asked for.
type inputs struct {
	stdin io.Reader
	// ahead, if set, goes through the files before they are rewritten.
	ahead func(files []string)
	// kept are the texts of what cannot be read a second time.
	kept map[string]*held
	// failed are the errors of those that could not be read to their end: what is left of
	// them is no text of its own.
	failed map[string]error
}

// open begins to read a file, the standard input or what is behind a URL.
func (in *inputs) open(file string) (io.ReadCloser, error) {
	if isRegular(file) {
		return os.Open(file)
	}
	if err := in.keep(file); err != nil {
		return nil, err
	}
	return in.kept[file].reader()
}

// isRegular tells a file that can be read again.
func isRegular(file string) bool {
	if file == standardInput || isURL(file) {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}

// keep keeps what cannot be read a second time.
func (in *inputs) keep(file string) error {
	if in.kept[file] != nil || in.failed[file] != nil {
		return in.failed[file]
	}
	from, err := in.openOnce(file)
	if err != nil {
		return err
	}
	defer from.Close()
	text := &held{}
	if _, err := io.Copy(text, newStream(from)); err != nil {
		text.discard()
		if in.failed == nil {
			in.failed = map[string]error{}
		}
		in.failed[file] = fmt.Errorf("%s: %w", shownName(file), err)
		return in.failed[file]
	}
	if in.kept == nil {
		in.kept = map[string]*held{}
	}
	in.kept[file] = text
	return nil
}

func (in *inputs) openOnce(file string) (io.ReadCloser, error) {
	switch {
	case file == standardInput:
		return io.NopCloser(in.stdin), nil
	case isURL(file):
		text, err := downloads.fetch(file)
		return io.NopCloser(bytes.NewReader(text)), err
	}
	return os.Open(file)
}

// discard forgets what was kept.
func (in *inputs) discard() {
	for _, text := range in.kept {
		text.discard()
	}
}

// read reads all of an input.
func (in *inputs) read(file string) ([]byte, error) {
	f, err := in.open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownName(file), err)
	}
	return text, nil
}

// pieces are what files are searched in: a folder has thousands of them.
var pieces = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// mentions tells whether a word is in an input, which it holds no more of than a piece.
func (in *inputs) mentions(file, word string) (bool, error) {
	f, err := in.open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	piece := pieces.Get().(*[64 << 10]byte)
	defer pieces.Put(piece)
	for kept := 0; ; {
		n, err := f.Read(piece[kept:])
		text := piece[:kept+n]
		if bytes.Contains(text, []byte(word)) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(piece[:], text[max(0, len(text)-len(word)+1):])
	}
}
