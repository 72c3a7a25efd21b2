package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/check"
)

func newCertsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "certs",
		Short: "Inspect the webhook's certificates",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newCertsStatusCommand())
	return c
}

// certsStatus is the flags of `outrigger certs status`. What is not given is as the
// installation has it.
type certsStatus struct {
	kubeconfig, context string
	output              string
	options             check.Options
	service, domain     string
	webhookConfigs      []string
	secret              string
	timing              certs.Timing
	addresses           []string
}

func newCertsStatusCommand() *cobra.Command {
	var cmd certsStatus
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the CAs, what each replica serves, and what happens next",
		Long: `Show the state of the certificates of an installation with --cert-mode self: the
CAs, what the CA bundle of each webhook trusts, what each replica serves, and what
happens next and when. The exit status is 1 if calls would fail.`,
		Example: `  outrigger certs status
  outrigger certs status --context production --revision canary
  outrigger certs status --address 10.1.2.3:15017 --address 10.1.2.4:15017`,
		Args: noArguments(""),
		RunE: func(c *cobra.Command, _ []string) error { return cmd.run(c.Context(), c.OutOrStdout()) },
	}
	cmd.addFlags(c.Flags())
	return c
}

func (cmd *certsStatus) addFlags(flags *pflag.FlagSet) {
	const asItRuns = " (default: from the Deployment's arguments)"
	flags.StringVar(&cmd.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default: the same as kubectl)")
	flags.StringVar(&cmd.context, "context", "", "`NAME` of the kubeconfig context (default: the current context)")
	flags.StringVarP(&cmd.options.Namespace, "namespace", "n", "", "`NAME` of the namespace that Outrigger runs in (default: from the webhook configuration)")
	flags.StringVar(&cmd.options.Revision, "revision", "", "`NAME` of the revision (default: the only one)")
	flags.StringVarP(&cmd.output, "output", "o", "text", "output format: `text|json`")
	flags.StringArrayVar(&cmd.addresses, "address", nil, "`HOST:PORT` of a replica whose certificate is checked; may be repeated")
	flags.StringVar(&cmd.service, "service-name", "", "`NAME` of the webhook's Service (default: from the webhook configuration)")
	flags.StringArrayVar(&cmd.webhookConfigs, "webhook-config", nil, "`NAME` of a MutatingWebhookConfiguration whose CA bundle Outrigger manages (default: the revision's); may be repeated")
	flags.StringVar(&cmd.domain, "cluster-domain", "", "DNS `DOMAIN` of the cluster"+asItRuns)
	flags.StringVar(&cmd.secret, "cert-secret", "", "`NAME` of the Secret with the CAs"+asItRuns)
	flags.DurationVar(&cmd.timing.CA, "ca-lifetime", 0, "lifetime of a CA"+asItRuns)
	flags.DurationVar(&cmd.timing.Leaf, "leaf-lifetime", 0, "lifetime of a serving certificate"+asItRuns)
	flags.DurationVar(&cmd.timing.Propagation, "ca-propagation", 0, "how long a new CA is in the CA bundles before it signs"+asItRuns)
	flags.DurationVar(&cmd.timing.ClockSkew, "clock-skew", 0, "maximum clock difference between replicas and API servers"+asItRuns)
}

func (cmd *certsStatus) run(ctx context.Context, stdout io.Writer) error {
	if cmd.output != "text" && cmd.output != "json" {
		return fmt.Errorf("--output %q: want text or json", cmd.output)
	}
	c, _, err := asKubectl(cmd.kubeconfig, cmd.context)
	if err != nil {
		return err
	}
	authority, err := check.Authority(ctx, c, cmd.options)
	if err != nil {
		return err
	}
	authority.Service = cmp.Or(cmd.service, authority.Service)
	authority.ClusterDomain = cmp.Or(cmd.domain, authority.ClusterDomain)
	authority.Secret = cmp.Or(cmd.secret, authority.Secret)
	if len(cmd.webhookConfigs) > 0 {
		authority.WebhookConfigurations = cmd.webhookConfigs
	}
	authority.Timing = certs.Timing{
		CA:          cmp.Or(cmd.timing.CA, authority.Timing.CA),
		Leaf:        cmp.Or(cmd.timing.Leaf, authority.Timing.Leaf),
		Propagation: cmp.Or(cmd.timing.Propagation, authority.Timing.Propagation),
		ClockSkew:   cmp.Or(cmd.timing.ClockSkew, authority.Timing.ClockSkew),
	}
	report, err := certs.Status(ctx, c, certs.StatusOptions{Self: authority, Addresses: cmd.addresses})
	if err != nil {
		return err
	}
	if cmd.output == "json" {
		err = printJSON(stdout, report)
	} else {
		err = report.Write(stdout)
	}
	if err != nil {
		return err
	}
	if report.Failing() {
		return errors.New("webhook calls would fail")
	}
	return nil
}
