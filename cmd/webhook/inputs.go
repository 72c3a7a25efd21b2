package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

func openInput(file string, stdin io.Reader) (io.ReadCloser, error) {
	switch {
	case file == standardInput:
		return io.NopCloser(stdin), nil
	case isURL(file):
		text, err := downloads.fetch(file)
		return io.NopCloser(bytes.NewReader(text)), err
	}
	return os.Open(file)
}

func readInput(file string, stdin io.Reader) ([]byte, error) {
	f, err := openInput(file, stdin)
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
