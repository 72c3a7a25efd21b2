package command

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// The names by which kubectl finds a plugin, and the program that completes the
// plugin's command line.
const (
	pluginName         = "kubectl-outrigger"
	pluginCompleteName = "kubectl_complete-outrigger"
)

// commandCalled is the command for a process's arguments. A link of another name
// makes it a plugin of kubectl, which is called `kubectl outrigger`.
func commandCalled(args []string) *cobra.Command {
	root := newRootCommand()
	switch strings.TrimSuffix(filepath.Base(args[0]), ".exe") {
	case pluginCompleteName:
		root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, args[1:]...))
	case pluginName:
		showAs(root, "kubectl outrigger")
	}
	return root
}

// showAs has usage, errors and examples call the program by another name.
func showAs(root *cobra.Command, name string) {
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: name}
	var examples func(c *cobra.Command)
	examples = func(c *cobra.Command) {
		c.Example = strings.ReplaceAll(c.Example, "  outrigger ", "  "+name+" ")
		for _, below := range c.Commands() {
			examples(below)
		}
	}
	examples(root)
}
