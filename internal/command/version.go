package command

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Set by the linker. Empty: what the Go toolchain stamped.
var version, commit string

// buildVersion says which build this is.
type buildVersion struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	// Modified tells that the work tree differed from the commit.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	// Formats are the releases of the mesh whose configurations it reads.
	Formats []string `json:"formats"`
}

func newVersionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments(""),
		RunE: func(c *cobra.Command, _ []string) error {
			return printVersion(c.OutOrStdout(), thisBuild(), asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func thisBuild() buildVersion {
	b := buildVersion{Version: version, Commit: commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Formats: inject.Formats()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if b.Version == "" {
			b.Version = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case commit != "":
			case s.Key == "vcs.revision":
				b.Commit = s.Value
			case s.Key == "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}

func printVersion(w io.Writer, b buildVersion, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(b)
	}
	of := b.Commit
	switch {
	case of == "":
		of = "unknown"
	case b.Modified:
		of += " (modified)"
	}
	_, err := fmt.Fprintf(w, "outrigger %s\ncommit    %s\ngo        %s\nplatform  %s\nformats   %s\n", b.Version, of, b.Go, b.Platform, strings.Join(b.Formats, ", "))
	return err
}
