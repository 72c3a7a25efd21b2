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
		Short:   "Put the sidecar into the workloads of manifests",
		Long: `Inject puts the sidecar into every workload of the manifests: Deployments,
StatefulSets, DaemonSets, ReplicaSets, Jobs, CronJobs, Pods and others, also in
Lists. It needs no cluster. All else in the text stays as it is, down to
comments, order and blank lines.

An injection that a workload already has, of whichever revision, is replaced.

The manifests go to the standard output, and a line on each workload to the
standard error. If anything in the input is bad, all that is bad is told, and
there is no output.`,
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
	flags.BoolVar(&cmd.explain, "explain", false, "with --diff, say in front of each added line what wrote it: the line of a\ntemplate, a rule, or the workload; outrigger explain tells more")
	flags.BoolVar(&cmd.strict, "strict", false, "fail, and write nothing, if a workload is skipped that did not ask to be,\nor if there is a warning")
}

func (cmd *injectCommand) run(stdin io.Reader, stdout, stderr io.Writer) error {
	if err := cmd.check(); err != nil {
		return err
	}
	if cmd.explain && !cmd.diff {
		return errors.New("--explain says what wrote the lines of a diff, and needs --diff; outrigger explain tells it of manifests")
	}
	files, err2 := expandInputs(cmd.files, cmd.output)
	if slices.Contains(files, standardInput) && slices.Contains(append(cmd.Names(), cmd.namespaceFile, cmd.proxyConfigs), standardInput) {
		return errors.New("- stands for the manifests and for the configuration at once, and the standard input can be read but once")
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
