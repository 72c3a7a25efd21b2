package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// findCases lists the cases at and below a folder, sorted by name. Links to folders are
// followed; a folder that several paths lead to counts once.
func findCases(root string) ([]goldenCase, error) {
	if _, err := os.Stat(root); err != nil {
		return nil, err
	}
	w := caseWalk{root: root, seen: map[string]bool{}}
	if err := w.folder(root); err != nil {
		return nil, err
	}
	if len(w.cases) == 0 {
		return nil, fmt.Errorf("%s: no test case found, that is, no folder with an %s", root, caseInput)
	}
	slices.SortFunc(w.cases, func(a, b goldenCase) int { return strings.Compare(a.name, b.name) })
	return w.cases, nil
}

// caseWalk is one way through a folder of cases.
type caseWalk struct {
	root  string
	cases []goldenCase
	// seen are the folders, by their path without links.
	seen map[string]bool
}

func (w *caseWalk) folder(dir string) error {
	_, entries, err := readOnce(dir, w.seen)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		path, name := filepath.Join(dir, entry.Name()), entry.Name()
		info, err := os.Stat(path)
		switch isFolder := err == nil && info.IsDir(); {
		case isFolder:
			errs = append(errs, w.folder(path))
		case name == caseInput, name == caseGolden, name == caseSettings:
			if err == nil && !info.Mode().IsRegular() {
				errs = append(errs, fmt.Errorf("%s: it is %s, not a file", path, kindOfFile(info.Mode())))
			}
			if name == caseInput {
				errs = append(errs, w.add(dir))
			}
		}
	}
	return errors.Join(errs...)
}

func (w *caseWalk) add(dir string) error {
	name, err := filepath.Rel(w.root, dir)
	if name == "." {
		name = filepath.Base(dir)
	}
	w.cases = append(w.cases, goldenCase{filepath.ToSlash(name), dir, w.root})
	return err
}
