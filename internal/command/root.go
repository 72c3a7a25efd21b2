package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "outrigger",
		Short:   "Inject the mesh's sidecar into pods",
		Version: thisBuild().Version,
		Long: `Outrigger injects the mesh's sidecar into pods, with the injection configuration
that the mesh already has: as an admission webhook in a cluster, or in manifests.`,
		SilenceErrors: true, // main prints them
		SilenceUsage:  true, // a page of flags would hide the error
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
	})
	root.AddCommand(newInjectCommand(), newUninjectCommand(), newExplainCommand(), newKRMFunctionCommand(), newServeCommand(), newCertsCommand(), newCheckCommand(), newTestCommand(), newWorkbenchCommand(), newProfileCommand(), newVersionCommand())
	refuseUnknownTopics(root)
	offerValues(root)
	return root
}

// refuseUnknownTopics has help fail of a command that there is not. As cobra makes
// it, it prints the help of another one and succeeds.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, help := range root.Commands() {
		if help.Name() != "help" {
			continue
		}
		show := help.Run
		help.RunE = func(c *cobra.Command, args []string) error {
			if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
				return fmt.Errorf("unknown command %q; see %s --help", strings.Join(args, " "), root.CommandPath())
			}
			show(c, args)
			return nil
		}
	}
}

// camelCase are the spellings of flags that scripts written for the mesh's own
// command use.
var camelCase = map[string]string{
	"injectConfigFile": "inject-config-file",
	"valuesFile":       "values-file",
	"meshConfigFile":   "mesh-config-file",
}

func normalizeFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if kebab, ok := camelCase[name]; ok {
		name = kebab
	}
	return pflag.NormalizedName(name)
}

// noArguments refuses arguments, and says where they may have been meant to go.
func noArguments(hint string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		if hint != "" {
			hint = fmt.Sprintf("; did you mean %s %s?", hint, args[0])
		}
		return fmt.Errorf("%s takes no arguments, but got %s%s", c.CommandPath(), strings.Join(args, " "), hint)
	}
}
