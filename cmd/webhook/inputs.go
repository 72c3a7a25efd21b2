package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// standardInput stands for the standard input where a file is named.
const standardInput = "-"

var manifestExtensions = []string{".yaml", ".yml", ".json"}

// expandInputs lists the files to read, folders replaced by the manifests below
// them, sorted by path.
func expandInputs(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, errors.New("no manifests given: name them with -f FILE, -f DIR or, for the standard input, -f -")
	}
	var files []string
	var errs []error
	for i, name := range names {
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
			below, err := manifestsBelow(name)
			files, errs = append(files, below...), append(errs, err)
		default:
			files = append(files, name)
		}
	}
	return files, errors.Join(errs...)
}

func manifestsBelow(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains(manifestExtensions, filepath.Ext(path)) {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: there is no .yaml, .yml or .json file in it", dir)
	}
	return files, err
}

// shownName is what errors and diffs call a file.
func shownName(file string) string {
	if file == standardInput {
		return "stdin"
	}
	return file
}

func openInput(file string, stdin io.Reader) (io.ReadCloser, error) {
	if file == standardInput {
		return io.NopCloser(stdin), nil
	}
	return os.Open(file)
}
