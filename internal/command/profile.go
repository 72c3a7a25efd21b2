package command

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

func newProfileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "profile",
		Short: "List and print the embedded profiles",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newProfileListCommand(), newProfileShowCommand())
	return c
}

func newProfileListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the profiles with their descriptions",
		Args:  noArguments(""),
		RunE: func(c *cobra.Command, _ []string) error {
			columns := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range profiles.Names() {
				fmt.Fprintf(columns, "%s\t%s\n", name, profiles.About(name))
			}
			return columns.Flush()
		},
	}
}

func newProfileShowCommand() *cobra.Command {
	var namespace, revision string
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Print a profile as ConfigMaps",
		Long: `Print a profile as the ConfigMaps of a control plane, to start your own configuration
from. The output can be applied to a cluster and passed to --inject-config-file. Its
first line names the format: the releases whose configurations look like this.`,
		Example: `  outrigger profile show istio > configuration.yaml
  outrigger inject -f bookinfo.yaml --inject-config-file configuration.yaml`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s requires the name of one profile: %s", c.CommandPath(), strings.Join(profiles.Names(), ", "))
			}
			return nil
		},
		ValidArgsFunction: offerOneProfile,
		RunE: func(c *cobra.Command, args []string) error {
			text, err := profiles.Manifest(args[0], namespace, revision)
			if err != nil {
				return err
			}
			texts, err := (&configurationFlags{profile: args[0]}).load()
			if err != nil {
				return err
			}
			injector, err := texts.Compile(inject.Options{})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "# Of the format of %s.\n%s", injector.Format(), text)
			return err
		},
	}
	c.Flags().StringVarP(&namespace, "namespace", "n", profiles.Namespace, "`NAME` of the control plane's namespace")
	c.Flags().StringVar(&revision, "revision", "", "`NAME` of the control plane's revision")
	return c
}
