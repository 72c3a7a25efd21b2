package command

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/internal/reference"
)

// TestReferenceOfFlags holds docs/configuration.md against the commands.
func TestReferenceOfFlags(t *testing.T) {
	var b strings.Builder
	var describe func(c *cobra.Command)
	describe = func(c *cobra.Command) {
		if c.Runnable() && (!c.HasAvailableSubCommands() || c.HasLocalFlags()) {
			describeCommand(&b, c)
		}
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() {
				describe(below)
			}
		}
	}
	describe(newRootCommand())
	reference.Hold(t, *update, "../../docs/configuration.md", "commands and flags", b.String())
}

func describeCommand(b *strings.Builder, c *cobra.Command) {
	fmt.Fprintf(b, "### %s\n\n%s.", c.CommandPath(), c.Short)
	if len(c.Aliases) > 0 {
		fmt.Fprintf(b, " Also as `%s`.", strings.Join(c.Aliases, "`, `"))
	}
	b.WriteString("\n\n")
	var rows [][]string
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "`--" + strings.TrimSpace(f.Name+" "+value) + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		initial := ""
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
			initial = "`" + f.DefValue + "`"
		}
		rows = append(rows, []string{name, initial, usage})
	})
	if len(rows) == 0 {
		b.WriteString("It has no flags.\n\n")
		return
	}
	b.WriteString(reference.Table([]string{"Flag", "Default", "Meaning"}, rows) + "\n")
}
