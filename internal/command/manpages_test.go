package command

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

var manPages = flag.String("man-pages", "", "`DIR` to write the manual pages to, for a release")

// TestManPages writes the manual pages, and holds that every command has one that
// tells what it is called, what it is for, and each of its flags. It is a test so
// that what makes the pages is no part of the program.
func TestManPages(t *testing.T) {
	dir := *manPages
	if dir == "" {
		dir = t.TempDir()
	}
	root := newRootCommand()
	each(root, func(c *cobra.Command) {
		c.DisableAutoGenTag = true
		c.Long = asMarkdown(c.Long)
	})
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Outrigger", Manual: "Outrigger"}, dir); err != nil {
		t.Fatal(err)
	}
	each(root, func(c *cobra.Command) {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		text, err := os.ReadFile(filepath.Join(dir, name+".1"))
		if err != nil {
			t.Fatal(err)
		}
		page := strings.ReplaceAll(string(text), `\-`, "-")
		for _, want := range []string{".SH NAME\n" + name + " - " + c.Short + "\n", ".SH SYNOPSIS\n", ".SH DESCRIPTION\n"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s.1 does not have %q:\n%s", name, want, page)
			}
		}
		c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
			if described := regexp.MustCompile(`--` + f.Name + `\b`).MatchString(page); described == f.Hidden {
				t.Errorf("%s.1: is --%s described? %t", name, f.Name, described)
			}
		})
	})
}

// each calls f on all commands that help lists.
func each(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			each(below, f)
		}
	}
}

// asMarkdown has the lines that help shows indented be blocks of Markdown, which
// are kept as they are.
func asMarkdown(help string) string {
	return regexp.MustCompile(`(?m)^ {2}`).ReplaceAllString(help, "      ")
}
