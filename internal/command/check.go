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
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default: the same as kubectl)")
	flags.StringVar(&s.context, "context", "", "`NAME` of the kubeconfig context (default: the current context)")
	flags.StringVar(&s.options.ConfigNamespace, "config-namespace", "", "`NAME` of the namespace with the mesh's ConfigMaps (default: from the Deployment's arguments)")
	flags.StringVar(&s.options.InjectorConfigMap, "injector-config-map", "", "`NAME` of the ConfigMap with the injector's configuration (default: from the Deployment's arguments)")
	flags.StringVar(&s.options.MeshConfigMap, "mesh-config-map", "", "`NAME` of the ConfigMap with the mesh configuration (default: from the Deployment's arguments)")
	flags.StringVarP(&s.output, "output", "o", "text", "output format: `text|json`")
}

func newCheckCommand() *cobra.Command {
	var settings checkSettings
	c := &cobra.Command{
		Use:   "check",
		Short: "Diagnose an installation, or why a pod is not injected",
		Long: `Check an installation in a cluster: the webhook configurations (Outrigger's and
others that receive the same pods), the Service and its endpoints, the CA bundles
and the serving certificates, the configuration, and the labels of the namespaces.
Every problem is printed with the next step. The command only reads.

With --pre, check before an installation whether it would work: the version of
Kubernetes, your permissions, NetworkPolicies, other injectors, and the mesh's
configuration. With --wait, repeat the check until nothing is wrong.

The exit status is 0 if there is no error, 1 if there is one, and 2 if the check
could not be made.`,
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
	c.Flags().StringVarP(&settings.options.Namespace, "namespace", "n", "", "`NAME` of the namespace that Outrigger runs in (default: from the webhook configuration)")
	c.Flags().StringVar(&settings.options.Revision, "revision", "", "`NAME` of the only revision to check (default: all)")
	c.Flags().StringArrayVar(&settings.options.Addresses, "address", nil, "`HOST:PORT` of a replica whose certificate is checked; may be repeated")
	c.Flags().BoolVar(&settings.pre, "pre", false, "check whether the cluster is ready for an installation")
	c.Flags().DurationVar(&settings.wait, "wait", 0, "how long to repeat the check while it finds errors or missing parts")
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
		return couldNotLook(errors.New("--address cannot be used with --pre: before an installation there are no replicas"))
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
