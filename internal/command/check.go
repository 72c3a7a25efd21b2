package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

const (
	// statusFound is the exit status where something is wrong.
	statusFound = 1
	// statusNotLooked is that where nothing can be said.
	statusNotLooked = 2
)

// checkSettings are the flags of all checks.
type checkSettings struct {
	kubeconfig, context string
	output              string
	options             check.Options
	pre                 bool
	wait                time.Duration
}

func (s *checkSettings) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "`FILE` to reach the cluster with (default: as kubectl finds it)")
	flags.StringVar(&s.context, "context", "", "`NAME` of the kubeconfig's context (default: its current one)")
	flags.StringVar(&s.options.ConfigNamespace, "config-namespace", "", "`NAME` of the namespace with the mesh's ConfigMaps (default: as the Deployment's arguments say)")
	flags.StringVar(&s.options.InjectorConfigMap, "injector-config-map", "", "`NAME` of the ConfigMap with the injector's configuration (default: as the Deployment's arguments say)")
	flags.StringVar(&s.options.MeshConfigMap, "mesh-config-map", "", "`NAME` of the ConfigMap with the mesh configuration (default: as the Deployment's arguments say)")
	flags.StringVarP(&s.output, "output", "o", "text", "`text|json`: what to print")
}

func newCheckCommand() *cobra.Command {
	var settings checkSettings
	c := &cobra.Command{
		Use:   "check",
		Short: "Find out why injection does not work, or why a pod is not injected",
		Long: `Check looks at what an installation needs in the cluster: the webhook
configurations, Outrigger's own and others that get the same pods, the Service
and who is ready behind it, the CA bundles and the certificate that is served,
the configuration, and the labels of the namespaces. It prints what it finds,
and for what is wrong the next step. It reads, and writes nothing.

With --pre it says before an installation whether one would work: the version of
Kubernetes, your rights, NetworkPolicies, other injectors, the mesh's
configuration. With --wait it looks until nothing is wrong.

It exits with 0 where there is no error, with 1 where there is one, and with 2
where it could not look.`,
		Example: `  outrigger check
  outrigger check --pre
  outrigger check --wait 2m
  outrigger check --context production --revision canary
  outrigger check --address localhost:15017
  outrigger check pod web-5d9c7b8f4-x2x9p -n shop`,
		Args: couldNotLookArgs(noArguments("check pod")),
		RunE: func(c *cobra.Command, _ []string) error {
			return settings.check(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	settings.addFlags(c.Flags())
	c.Flags().StringVarP(&settings.options.Namespace, "namespace", "n", "", "`NAME` of the namespace that outrigger runs in (default: where the webhook configuration says)")
	c.Flags().StringVar(&settings.options.Revision, "revision", "", "`NAME` of the one revision to look at (default: every one there is)")
	c.Flags().StringArrayVar(&settings.options.Addresses, "address", nil, "`HOST:PORT` of a replica to ask for what it serves (may be repeated)")
	c.Flags().BoolVar(&settings.pre, "pre", false, "say whether an installation would work")
	c.Flags().DurationVar(&settings.wait, "wait", 0, "how long to look again while something is wrong, or not there yet")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return couldNotLook(fmt.Errorf("%w; see %s --help", err, c.CommandPath()))
	})
	c.AddCommand(newCheckPodCommand(), newCheckConfigCommand())
	return c
}

func couldNotLook(err error) error { return &exitError{statusNotLooked, err} }

// couldNotLookArgs gives the errors of arguments their exit status.
func couldNotLookArgs(args cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		if err := args(c, given); err != nil {
			return couldNotLook(err)
		}
		return nil
	}
}

func (s *checkSettings) check(ctx context.Context, stdout, stderr io.Writer) error {
	build := thisBuild()
	s.options.Command = check.Build{Version: build.Version, Commit: build.Commit}
	if build.Modified {
		s.options.Command.Commit = ""
	}
	if s.pre && len(s.options.Addresses) > 0 {
		return couldNotLook(errors.New("--address is of no use with --pre: before an installation nobody answers"))
	}
	c, _, err := s.cluster()
	if err != nil {
		return couldNotLook(err)
	}
	findings, err := s.awaited(ctx, c, stderr)
	if err != nil {
		return couldNotLook(err)
	}
	if err := s.printFindings(stdout, findings); err != nil {
		return couldNotLook(err)
	}
	if n := errorsAmong(findings); n > 0 {
		return &exitError{statusFound, fmt.Errorf("errors: %d", n)}
	}
	return nil
}

// look is one look at the cluster.
func (s *checkSettings) look(ctx context.Context, c cluster.Client) ([]check.Finding, error) {
	if s.pre {
		seen, err := check.ObserveBefore(ctx, c, s.options)
		if err != nil {
			return nil, err
		}
		return check.JudgeBefore(seen), nil
	}
	seen, err := check.Observe(ctx, c, s.options)
	if err != nil {
		return nil, err
	}
	return check.Judge(seen), nil
}

// awaited is what the last look found: the first that finds nothing to wait for, or the
// one after which there is no more time.
func (s *checkSettings) awaited(ctx context.Context, c cluster.Client, stderr io.Writer) ([]check.Finding, error) {
	const between = time.Second
	told, until := "", time.Now().Add(s.wait)
	for {
		findings, err := s.look(ctx, c)
		waitsFor := ""
		if err != nil {
			waitsFor = err.Error()
		} else if n := slices.IndexFunc(findings, check.Finding.WorthWaiting); n >= 0 {
			waitsFor = findings[n].Subject + ": " + findings[n].What
		}
		if waitsFor == "" || time.Now().Add(between).After(until) {
			return findings, err
		}
		if waitsFor != told {
			fmt.Fprintln(stderr, "waiting: "+printable(waitsFor))
			told = waitsFor
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(between):
		}
	}
}

// cluster reaches the cluster that the flags tell of, once they are known to make
// sense. namespace is that of the context.
func (s *checkSettings) cluster() (c cluster.Client, namespace string, err error) {
	if s.output != "text" && s.output != "json" {
		return nil, "", fmt.Errorf("--output %q: want text or json", s.output)
	}
	return asKubectl(s.kubeconfig, s.context)
}

// print writes for scripts, or has it written for people.
func (s *checkSettings) print(stdout io.Writer, document any, text func(io.Writer)) error {
	if s.output == "json" {
		return printJSON(stdout, document)
	}
	columns := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	text(columns)
	return columns.Flush()
}

func printJSON(stdout io.Writer, document any) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

func errorsAmong(findings []check.Finding) (n int) {
	for _, f := range findings {
		if f.Severity == check.Error {
			n++
		}
	}
	return n
}
