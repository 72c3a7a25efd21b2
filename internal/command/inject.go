package command

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// injectCommand is the flags of `outrigger inject`.
type injectCommand struct {
	settings
	manifests
	// strict takes no output with something to say about it.
	strict bool
	// explain shows in a diff what wrote each line.
	explain bool
}

func newInjectCommand() *cobra.Command {
	cmd := &injectCommand{}
	c := &cobra.Command{
		Use:     "inject -f FILE|DIR|- ... [-o FILE]",
		Aliases: []string{"kube-inject"},
		Short:   "Inject the sidecar into manifests",
		Long: `Inject the sidecar into every workload of the manifests: Deployments, StatefulSets,
DaemonSets, ReplicaSets, Jobs, CronJobs, Pods and others, also in Lists. No cluster
is needed. The rest of the text does not change, including comments, order and
blank lines.

A workload that is injected already, with any revision, is injected anew.

The manifests are written to standard output, and a line about each workload to
standard error. If the input has errors, all of them are reported, and there is no
output.`,
		Example: `  outrigger inject -f bookinfo.yaml | kubectl apply -f -
  outrigger inject -f manifests/ --diff
  kubectl -n istio-system get configmap istio-sidecar-injector istio -o yaml > mesh.yaml
  outrigger inject -f bookinfo.yaml --inject-config-file mesh.yaml -o injected.yaml`,
		Args: noArguments("-f"),
		RunE: func(c *cobra.Command, _ []string) error {
			return cmd.run(c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	cmd.addFlags(c.Flags())
	return c
}

func (cmd *injectCommand) addFlags(flags *pflag.FlagSet) {
	cmd.manifests.addFlags(flags)
	cmd.settings.addFlags(flags)
	flags.BoolVar(&cmd.explain, "explain", false, "with --diff, prefix each added line with its source: a line of a template,\na rule, or the workload; see also outrigger explain")
	flags.BoolVar(&cmd.strict, "strict", false, "fail without output if there is a warning, or if a workload is skipped\nthat did not opt out")
}

func (cmd *injectCommand) run(stdin io.Reader, stdout, stderr io.Writer) error {
	if err := cmd.check(); err != nil {
		return err
	}
	if cmd.explain && !cmd.diff {
		return errors.New("--explain requires --diff; to explain manifests, use outrigger explain")
	}
	files, err2 := expandInputs(cmd.files, cmd.output)
	if slices.Contains(files, standardInput) && slices.Contains(append(cmd.Names(), cmd.namespaceFile, cmd.proxyConfigs), standardInput) {
		return errors.New("- is used for both the manifests and the configuration, but standard input can be read only once")
	}
	cmd.Stdin, cmd.people = stdin, stderr
	in, err := cmd.prepare()
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if cmd.explain {
		cmd.margin = in.margin
	}
	from := &inputs{stdin: stdin}
	from.ahead = func(files []string) { in.learn(files, from) }
	rep := &report{}
	accept := func() error {
		if cmd.strict {
			return rep.complaint(len(in.injector.Warnings()))
		}
		return nil
	}
	err = cmd.rewrite(files, in.rewriter(rep), "injected", from, stdout, accept)
	if _, told := errors.AsType[*strictError](err); cmd.quiet || err != nil && !told {
		return err
	}
	for _, warning := range in.injector.Warnings() {
		fmt.Fprintln(stderr, "warning  "+printable(warning))
	}
	return errors.Join(rep.write(stderr), err)
}
