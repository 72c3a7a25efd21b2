package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

var manifestExtensions = []string{".yaml", ".yml", ".json"}

// manifestsBelow lists the manifests in a folder and the folders below it, sorted by
// path. Links are followed; what several paths lead to is listed once. output is no
// manifest.
func manifestsBelow(dir, output string) ([]string, error) {
	w := walk{seen: map[string]bool{}}
	if output != "" {
		w.output = realPath(output)
	}
	if err := w.folder(dir); err != nil {
		return nil, err
	}
	files := w.withoutTwins()
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: it contains no .yaml, .yml or .json file", dir)
	}
	return files, nil
}

// walk is one way through a folder.
type walk struct {
	files []string
	// links are those of the files that are links.
	links map[string]bool
	// seen are the folders, by their path without links.
	seen map[string]bool
	// output is the path without links of the file that is written.
	output string
}

func (w *walk) folder(dir string) error {
	real, entries, err := readOnce(dir, w.seen)
	if err != nil || len(entries) == 0 {
		return err
	}
	if isChart(real, entries) {
		return fmt.Errorf("%s: it is a Helm chart; render it with helm template first, and inject the output", dir)
	}
	var errs []error
	for _, entry := range entries {
		errs = append(errs, w.entry(filepath.Join(dir, entry.Name()), entry))
	}
	return errors.Join(errs...)
}

// readOnce is what a folder has, and its path without links: nothing where it was seen
// before. Folders behind links come last, so that each is found at its own place.
func readOnce(dir string, seen map[string]bool) (real string, entries []fs.DirEntry, err error) {
	real, err = filepath.EvalSymlinks(dir)
	if err != nil || seen[real] {
		return real, nil, err
	}
	seen[real] = true
	entries, err = os.ReadDir(dir)
	slices.SortStableFunc(entries, func(a, b fs.DirEntry) int { return linked(a) - linked(b) })
	return real, entries, err
}

func linked(entry fs.DirEntry) int {
	if entry.Type()&fs.ModeSymlink != 0 {
		return 1
	}
	return 0
}

// isChart tells the folder of a Helm chart, or that of its templates.
func isChart(dir string, entries []fs.DirEntry) bool {
	const chart = "Chart.yaml"
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == chart }) {
		return true
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(dir), chart))
	return filepath.Base(dir) == "templates" && err == nil
}

func (w *walk) entry(path string, entry fs.DirEntry) error {
	kind := entry.Type()
	isManifest := slices.Contains(manifestExtensions, filepath.Ext(path))
	if isManifest && w.isOutput(path) {
		return nil
	}
	if kind&fs.ModeSymlink != 0 {
		info, err := os.Stat(path)
		if err != nil {
			if isManifest {
				return fmt.Errorf("%s: dangling link: %w", path, err)
			}
			return nil
		}
		kind = info.Mode().Type()
		if isManifest && kind.IsRegular() {
			if w.links == nil {
				w.links = map[string]bool{}
			}
			w.links[path] = true
		}
	}
	switch {
	case kind.IsDir():
		return w.folder(path)
	case !isManifest:
	case !kind.IsRegular():
		return fmt.Errorf("%s: it is %s, not a file", path, kindOfFile(kind))
	default:
		w.files = append(w.files, path)
	}
	return nil
}

func kindOfFile(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// isOutput tells whether a path leads to the file that is written. Another name of the
// same file, a hard link, does not: that stays what it was.
func (w *walk) isOutput(path string) bool {
	return w.output != "" && realPath(path) == w.output
}

// withoutTwins are the files, sorted, less the links to others of them: a mounted
// ConfigMap has each file in a folder of its own and a link to it beside that.
func (w *walk) withoutTwins() []string {
	slices.Sort(w.files)
	if len(w.links) == 0 {
		return w.files
	}
	listed := map[string]bool{}
	for _, file := range w.files {
		if !w.links[file] {
			listed[realPath(file)] = true
		}
	}
	return slices.DeleteFunc(w.files, func(file string) bool {
		if !w.links[file] {
			return false
		}
		real := realPath(file)
		twin := listed[real]
		listed[real] = true
		return twin
	})
}

// realPath is a path from the root, without the links on the way.
func realPath(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path // whoever opens it meets the error
	}
	if real, err := filepath.EvalSymlinks(whole); err == nil {
		return real
	}
	// It is not there, or a link that leads to what is not there.
	if to, err := os.Readlink(whole); err == nil {
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(whole), to)
		}
		whole = to
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(whole)); err == nil {
		return filepath.Join(folder, filepath.Base(whole))
	}
	return whole
}
