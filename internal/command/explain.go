package command

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// explainCommand is the flags of `outrigger explain`.
type explainCommand struct {
	settings
	files  []string
	output string
	field  string
	whyNot string
}

func newExplainCommand() *cobra.Command {
	cmd := &explainCommand{}
	c := &cobra.Command{
		Use:   "explain -f FILE|DIR|- ... [--field PATH|--why-not PATH] [-o json]",
		Short: "Show where every injected line comes from",
		Long: `Inject the workloads of manifests like inject does, and show for each how it was
decided, and what wrote every line that was added: a line of a template, with the
values, mesh settings, annotations and labels that it read; a rule; or the workload
itself. The command needs no cluster and writes no files.

A workload that is injected already is explained as if it were not.

If several workloads get the same result, it is shown in full for the first, and as
differences for the others. --field limits the output to one field and everything
below it. --why-not shows which condition of a template kept a field out.`,
		Example: `  outrigger explain -f app.yaml --inject-config-file mesh.yaml
  outrigger explain -f app.yaml --field 'spec.containers[istio-proxy].resources'
  outrigger explain -f app.yaml --why-not 'spec.containers[istio-proxy].lifecycle'`,
		Args: noArguments("-f"),
		RunE: func(c *cobra.Command, _ []string) error {
			return cmd.run(c.InOrStdin(), c.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringArrayVarP(&cmd.files, "filename", "f", nil, "`FILE` with manifests, a folder (searched recursively for .yaml, .yml and .json),\na URL, or - for standard input; may be repeated")
	cmd.addDecidingFlags(flags)
	flags.StringVarP(&cmd.output, "output", "o", "text", "output format: `text|json`")
	flags.StringVar(&cmd.field, "field", "", "`PATH` of a field: explain only this field and everything below it, such as\nspec.containers[istio-proxy].resources or metadata.annotations[prometheus.io/port]")
	flags.StringVar(&cmd.whyNot, "why-not", "", "`PATH` of a missing field: show which condition of the template kept it out")
	return c
}

// explained is one workload, as it is told of.
type explained struct {
	manifest.Workload
	namespace string
	*explain.Explanation
	warnings []string
	// remark is why it was not looked into; Explanation is nil then.
	remark *manifest.Remark
}

func (e *explained) subject() string { return describeWorkload(e.Workload, e.namespace) }

func (cmd *explainCommand) run(stdin io.Reader, stdout io.Writer) error {
	if cmd.output != "text" && cmd.output != "json" {
		return fmt.Errorf("--output %q: want text or json", cmd.output)
	}
	if cmd.field != "" && cmd.whyNot != "" {
		return errors.New("--field and --why-not are mutually exclusive: --why-not is about fields that are not there")
	}
	workloads, in, err := cmd.explain(stdin)
	if err != nil {
		return err
	}
	if len(workloads) == 0 {
		return errors.New("no workload in the manifests")
	}
	switch {
	case cmd.field != "":
		err = limitTo(workloads, cmd.field)
	case cmd.whyNot != "":
		return cmd.explainAbsence(stdout, workloads)
	}
	if err != nil {
		return err
	}
	if cmd.output == "json" {
		return printJSON(stdout, map[string]any{"workloads": allAsJSON(workloads)})
	}
	page := newPage(stdout)
	page.whole = cmd.field != ""
	for _, warning := range in.injector.Warnings() {
		page.warn(warning)
	}
	page.write(workloads)
	_, err = stdout.Write([]byte(page.String()))
	return err
}

// explain injects all workloads of the inputs. If anything is bad all that is bad is
// told.
func (cmd *explainCommand) explain(stdin io.Reader) ([]*explained, *injection, error) {
	files, err := expandInputs(cmd.files, "")
	if slices.Contains(files, standardInput) && slices.Contains(append(cmd.Names(), cmd.namespaceFile, cmd.proxyConfigs), standardInput) {
		return nil, nil, errors.New("- is used for both the manifests and the configuration, but standard input can be read only once")
	}
	cmd.Stdin = stdin
	in, err2 := cmd.prepare()
	if err := errors.Join(err2, err); err != nil {
		return nil, nil, err
	}
	tuneCollection()
	from := &inputs{stdin: stdin}
	defer from.discard()
	in.learn(files, from)
	var workloads []*explained
	var errs []error
	for _, file := range files {
		text, err := from.read(file)
		if err == nil {
			err = in.withMisread(shownName(file), in.explainAll(text, shownName(file), func(e *explained) { workloads = append(workloads, e) }))
		}
		errs = append(errs, err)
	}
	return workloads, in, errors.Join(errs...)
}

// explainAll explains the workloads of a stream of manifests.
func (in *injection) explainAll(text []byte, name string, found func(*explained)) error {
	options := manifest.Options{File: name, Kinds: in.kinds, Remark: func(r manifest.Remark) {
		found(&explained{Workload: r.Workload, namespace: r.Namespace, remark: &r})
	}}
	return manifest.Rewrite(io.Discard, bytes.NewReader(text), options, func(w manifest.Workload) (tree.Patch, error) {
		request, warnings := in.request(w)
		told, err := explain.Of(in.injector, request)
		if err != nil {
			return nil, oneLine(err)
		}
		found(&explained{Workload: w, namespace: request.Namespace, Explanation: told, warnings: append(told.Result.Warnings, warnings...)})
		return nil, nil
	})
}

// limitTo leaves of the workloads' fields one, and those below it. It is an error that
// none has it.
func limitTo(workloads []*explained, field string) error {
	steps, err := explain.ParseName(field)
	if err != nil {
		return fmt.Errorf("--field: %w", err)
	}
	var missing error
	found := false
	for _, e := range workloads {
		if e.Explanation == nil {
			continue
		}
		if err := e.LimitTo(steps); err != nil {
			missing = cmp.Or(missing, err)
			e.Fields = nil
			continue
		}
		found = true
	}
	if !found && missing != nil {
		return fmt.Errorf("--field: %w", missing)
	}
	return nil
}
