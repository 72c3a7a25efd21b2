package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/pkg/certs"
)

func newCertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "certs",
		Short: "Look at the webhook's certificates",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newCertsStatusCommand())
	return c
}

func newCertsStatusCommand() *cobra.Command {
	var installation clusterSettings
	var certificates certificateSettings
	var revision string
	var addresses []string
	c := &cobra.Command{
		Use:   "status",
		Short: "Print the chain of certificates, who serves what, and what happens next",
		Long: `Status prints how the certificates of an installation with --cert-mode self stand:
the authorities, what each webhook's CA bundle trusts, what each replica serves,
and what happens next and when. It exits with 1 when calls would fail.`,
		Example: `  outrigger certs status -n outrigger-system
  outrigger certs status -n outrigger-system --address 10.1.2.3:15017 --address 10.1.2.4:15017`,
		Args: noArguments(""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := installation.complete(revision); err != nil {
				return err
			}
			objects, _, err := asKubectl(installation.kubeconfig, "")
			if err != nil {
				return err
			}
			report, err := certs.Status(c.Context(), objects, certs.StatusOptions{
				Self:      certificates.self(&installation, revision),
				Addresses: addresses,
			})
			if err != nil {
				return err
			}
			if err := report.Write(c.OutOrStdout()); err != nil {
				return err
			}
			if report.Failing() {
				return errors.New("calls of the webhook would fail")
			}
			return nil
		},
	}
	flags := c.Flags()
	installation.addObjectFlags(flags)
	certificates.addSelfFlags(flags)
	flags.StringVar(&revision, "revision", "", "`NAME` of the control plane's revision")
	flags.StringArrayVar(&addresses, "address", nil, "`HOST:PORT` of a replica to ask for what it serves (may be repeated)")
	return c
}
