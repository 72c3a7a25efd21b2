package command

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// uninjectCommand is the flags of `outrigger uninject`.
type uninjectCommand struct {
	manifests
	workloads []string
}

func newUninjectCommand() *cobra.Command {
	cmd := &uninjectCommand{}
	c := &cobra.Command{
		Use:   "uninject -f FILE|DIR|- ... [-o FILE]",
		Short: "Remove the sidecar from manifests",
		Long: `Remove everything that injection added to the workloads of the manifests, whichever
injector and revision did it, and restore what it changed: probes, the Prometheus
annotations, and the workload's own istio-proxy. No cluster or configuration is
needed. The rest of the text does not change.

If the manifest was injected with --record, it is restored exactly, including
comments. If outrigger injected it with an embedded configuration or with your own,
the pods are restored exactly: the status annotation has what would be lost.

Otherwise, everything that looks like injection's is removed, even if the workload had
it before: labels and annotations with the value that injection sets, and the volumes
and image pull secrets that the status lists. The report names all of it. What the
workload depends on is kept with a warning: volumes that it mounts, and labels that its
selector, affinity or environment refers to. A warning also names what cannot be
restored for certain.`,
		Example: `  outrigger uninject -f injected.yaml -o bookinfo.yaml
  outrigger uninject -f manifests/ --diff`,
		Args: noArguments("-f"),
		RunE: func(c *cobra.Command, _ []string) error {
			return cmd.run(c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	cmd.addFlags(c.Flags())
	addWorkloadFlag(c.Flags(), &cmd.workloads)
	return c
}

func (cmd *uninjectCommand) run(stdin io.Reader, stdout, stderr io.Writer) error {
	if err := cmd.check(); err != nil {
		return err
	}
	kinds, err := parseKinds(cmd.workloads)
	files, err2 := expandInputs(cmd.files, cmd.output)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	cmd.people = stderr
	rep := &report{takesOff: true}
	rewrite := func(w io.Writer, r io.Reader, name string) error {
		return uninject(w, r, manifest.Options{File: name, Kinds: kinds, Remark: rep.addRemark}, rep.addUninjected, rep.addStale)
	}
	if err := cmd.rewrite(files, rewrite, "uninjected", &inputs{stdin: stdin}, stdout, func() error { return nil }); err != nil || cmd.quiet {
		return err
	}
	return rep.write(stderr)
}

// uninject takes the injections off a stream of manifests. It tells of every
// workload, and then of those whose text does not come back as it was.
func uninject(w io.Writer, r io.Reader, o manifest.Options, done func(manifest.Workload, inject.Uninjected), stale func(manifest.Workload)) error {
	return manifest.RewriteBack(w, r, o, func(w manifest.Workload, again bool) (manifest.Back, error) {
		result, err := inject.Uninject(w.Pod, workloadOf(w, w.Namespace))
		if err != nil {
			return manifest.Back{}, oneLine(err)
		}
		if !again {
			done(w, result)
		}
		return manifest.Back{Patch: result.Patch, Fix: result.Recorded.Fix, Earlier: result.Recorded.Earlier, Since: result.Recorded.Since}, nil
	}, stale)
}

func workloadOf(w manifest.Workload, namespace string) *inject.Workload {
	return &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: namespace, Name: w.Name, Selected: w.Selected}
}
