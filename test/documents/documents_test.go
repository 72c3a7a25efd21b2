// Package documents tests what the project's documents say of the project.
package documents

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// documents returns the texts of all Markdown files, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	walk(t, func(path string) {
		if filepath.Ext(path) == ".md" {
			texts[path] = read(t, path)
		}
	})
	return texts
}

// walk calls f on the files of the repository, by their path from its root.
func walk(t *testing.T, f func(path string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == "bin" || name == "dist" || name == "node_modules" || name == ".git" {
				return fs.SkipDir
			}
			return nil
		}
		f(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	block   = regexp.MustCompile("(?ms)^```.*?^```")
	literal = regexp.MustCompile("`[^`\n]*`")
)

// TestLinks holds that a link to a file of the repository leads to one, and to a
// heading that it has.
func TestLinks(t *testing.T) {
	texts := documents(t)
	for path, text := range texts {
		text = literal.ReplaceAllString(block.ReplaceAllString(text, ""), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			to := path
			if target != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), target))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: link to %s: %v", path, found[1], err)
				continue
			}
			if anchor != "" && !anchors(texts[to])[anchor] {
				t.Errorf("%s: link to %s: there is no such heading", path, found[1])
			}
		}
	}
}

// anchors are those that GitHub makes of headings.
func anchors(text string) map[string]bool {
	made := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		title := link.ReplaceAllString(found[1], "]")
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r > 127:
				return r
			}
			return -1
		}, strings.ToLower(title))
		made[anchor] = true
	}
	return made
}

// TestSecurityIsTested holds that what SECURITY.md promises is tested by what it
// names.
func TestSecurityIsTested(t *testing.T) {
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	walk(t, func(path string) {
		switch {
		case strings.HasSuffix(path, "_test.go"):
			for _, found := range declared.FindAllStringSubmatch(read(t, path), -1) {
				there[found[1]] = true
			}
		case filepath.Ext(path) == ".txtar":
			there[filepath.Base(path)] = true
		}
	})
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+|\\w+\\.txtar)`").FindAllStringSubmatch(read(t, "SECURITY.md"), -1)
	if len(named) < 10 {
		t.Errorf("SECURITY.md names %d tests", len(named))
	}
	for _, found := range named {
		if !there[found[1]] {
			t.Errorf("SECURITY.md: there is no test %s", found[1])
		}
	}
}
