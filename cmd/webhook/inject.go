package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// injectCommand is the flags of `outrigger inject`.
type injectCommand struct {
	settings
	files  []string
	output string
	diff   bool
	quiet  bool
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
	flags.StringArrayVarP(&cmd.files, "filename", "f", nil, "`FILE` with manifests, a folder of them (.yaml, .yml, .json, at any depth),\nor - for the standard input; may be repeated")
	flags.StringVarP(&cmd.output, "output", "o", "", "`FILE` to write in place of the standard output, all at once or not at all")
	flags.BoolVar(&cmd.diff, "diff", false, "print what changes, as a unified diff, instead of the manifests")
	flags.BoolVarP(&cmd.quiet, "quiet", "q", false, "tell nothing but errors")
	cmd.settings.addFlags(flags)
}

func (cmd *injectCommand) run(stdin io.Reader, stdout, stderr io.Writer) error {
	if cmd.output == "json" || cmd.output == "yaml" {
		return fmt.Errorf("-o names the file to write, and the manifests keep the format they have; if a file of that name is meant, write -o ./%s", cmd.output)
	}
	in, err := cmd.prepare()
	files, err2 := expandInputs(cmd.files)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	out, err := newOutput(cmd.output, stdout)
	if err != nil {
		return err
	}
	defer out.discard()

	rep := &report{}
	if cmd.diff {
		err = cmd.writeDiffs(out, in, files, stdin, cmd.output == "" && wantsColour(stdout), rep)
	} else {
		err = cmd.writeManifests(out, in, files, stdin, rep)
	}
	if err != nil {
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	if cmd.quiet {
		return nil
	}
	for _, warning := range in.injector.Warnings() {
		fmt.Fprintln(stderr, "warning  "+printable(warning))
	}
	return rep.write(stderr)
}

func (cmd *injectCommand) writeManifests(out io.Writer, in *injection, files []string, stdin io.Reader, rep *report) error {
	var errs []error
	all := &joiner{w: out}
	for _, file := range files {
		if err := in.rewriteFile(all, file, stdin, rep); err != nil {
			errs = append(errs, err)
			all.w = io.Discard // the rest is only checked
		}
	}
	return errors.Join(errs...)
}

func (cmd *injectCommand) writeDiffs(out io.Writer, in *injection, files []string, stdin io.Reader, colour bool, rep *report) error {
	var errs []error
	for _, file := range files {
		before, err := readInput(file, stdin)
		var after bytes.Buffer
		if err == nil {
			err = in.rewrite(&after, bytes.NewReader(before), shownName(file), rep)
		}
		if err == nil {
			text := diff{shownName(file), "injected", before, after.Bytes()}.unified()
			if colour {
				text = painted(text)
			}
			_, err = io.WriteString(out, text)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func readInput(file string, stdin io.Reader) ([]byte, error) {
	if file == standardInput {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(file)
}
