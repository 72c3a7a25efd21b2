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
		return nil, errors.New("no manifests given: name them with -f FILE, -f DIR or, for the standard input, -f -")
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
				errs = append(errs, errors.New("-f - is given twice, and the standard input can be read but once"))
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

// inputs opens what is read by name.
type inputs struct {
	stdin io.Reader
	// ahead, if set, goes through the files before they are rewritten.
	ahead func(files []string)
	// kept are the texts of what cannot be read a second time.
	kept map[string][]byte
}

// open begins to read a file, the standard input or what is behind a URL.
func (in *inputs) open(file string) (io.ReadCloser, error) {
	if text, ok := in.kept[file]; ok {
		return keptInput{bytes.NewReader(text)}, nil
	}
	switch {
	case file == standardInput:
		return io.NopCloser(in.stdin), nil
	case isURL(file):
		text, err := downloads.fetch(file)
		return io.NopCloser(bytes.NewReader(text)), err
	}
	return os.Open(file)
}

// keptInput is an input that was read before.
type keptInput struct{ *bytes.Reader }

func (keptInput) Close() error { return nil }

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

// mayMention tells whether a word is in a file, which it holds no more of than a piece.
// Of what can be read but once, and of what cannot be read, it may be.
func (in *inputs) mayMention(file, word string) bool {
	if info, err := os.Stat(file); file == standardInput || isURL(file) || err != nil || !info.Mode().IsRegular() {
		return true
	}
	f, err := os.Open(file)
	if err != nil {
		return true
	}
	defer f.Close()
	piece := pieces.Get().(*[64 << 10]byte)
	defer pieces.Put(piece)
	for kept := 0; ; {
		n, err := f.Read(piece[kept:])
		text := piece[:kept+n]
		if err != nil {
			return err != io.EOF
		}
		if bytes.Contains(text, []byte(word)) {
			return true
		}
		kept = copy(piece[:], text[max(0, len(text)-len(word)+1):])
	}
}

// readAhead reads all of an input that is read again.
func (in *inputs) readAhead(file string) ([]byte, error) {
	text, err := in.read(file)
	if info, gone := os.Stat(file); err == nil && (gone != nil || !info.Mode().IsRegular()) {
		if in.kept == nil {
			in.kept = map[string][]byte{}
		}
		in.kept[file] = text
	}
	return text, err
}
