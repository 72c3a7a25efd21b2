package command

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

func newKRMFunctionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "krm-function",
		Short: "Inject the sidecar into a ResourceList, for kustomize and kpt",
		Long: `Run inject as a KRM function, for tools such as kustomize and kpt: read a
ResourceList from standard input, inject its workloads, and write it to standard
output. Its results, and standard error, report on every workload.

The list's functionConfig sets the flags of inject as keys without the leading
dashes, in the data of a ConfigMap, or in the spec of a kind of its own, where a
list repeats a flag:

  apiVersion: ` + functionConfigVersion + `
  kind: ` + functionConfigKind + `
  metadata:
    name: mesh
  spec:
    profile: istio
    workload: [Worker.example.com=spec.pod]

If there is an error, the items are returned unchanged, the results contain the
error, and the exit status is 1.`,
		Example: `  kpt fn eval --exec "outrigger krm-function" -- profile=istio`,
		Args:    noArguments("inject -f"),
		RunE: func(c *cobra.Command, _ []string) error {
			return runFunction(c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
}

// The functionConfig of a kind of its own.
const (
	functionConfigVersion = "outrigger.io/v1"
	functionConfigKind    = "OutriggerInjection"
)

// functionName is what errors call the list.
const functionName = "ResourceList"

func runFunction(stdin io.Reader, stdout, stderr io.Writer) error {
	text, err := io.ReadAll(newStream(stdin))
	if err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	rep, quiet, err := injectResourceList(stdout, text)
	if err != nil {
		// Programs read the results, people the standard error. Of text that is no
		// ResourceList nothing can come back.
		_ = manifest.AddResults(stdout, text, functionName, errorResults(err))
		return err
	}
	if quiet {
		return nil
	}
	return rep.write(stderr)
}

func injectResourceList(w io.Writer, text []byte) (rep *report, quiet bool, err error) {
	s, quiet, err := readFunctionConfig(text)
	if err != nil {
		return nil, false, err
	}
	in, err := s.prepare()
	if err != nil {
		return nil, false, err
	}
	// Of a list that is none, who rewrites it tells the line.
	if err := in.learnText(functionName, text); err != nil && !unread(err) {
		return nil, false, err
	}
	rep = &report{}
	results := &functionResults{}
	for _, warning := range in.injector.Warnings() {
		rep.rows = append(rep.rows, row{verb: warned, object: "configuration", detail: warning})
	}
	results.add(rep.rows, nil)
	edit := in.editor(rep, nil)
	remark := func(r manifest.Remark) {
		before := len(rep.rows)
		rep.addRemark(r)
		results.add(rep.rows[before:], referenceTo(r.Workload))
	}
	err = manifest.RewriteResourceList(w, text, manifest.Options{File: functionName, Kinds: in.kinds, Remark: remark}, func(w manifest.Workload) (tree.Patch, error) {
		before := len(rep.rows)
		patch, err := edit(w)
		if err != nil {
			return nil, &workloadError{error: err, of: referenceTo(w)}
		}
		results.add(rep.rows[before:], referenceTo(w))
		return patch, nil
	}, results.json)
	return rep, quiet, err
}

// readFunctionConfig returns the settings in a ResourceList's functionConfig.
func readFunctionConfig(text []byte) (s *settings, quiet bool, err error) {
	s = &settings{}
	flags := pflag.NewFlagSet("functionConfig", pflag.ContinueOnError)
	s.addFlags(flags)
	addQuietFlag(flags, &quiet)
	list, err := tree.ParseYAML(text)
	if err != nil {
		return s, false, nil //nolint:nilerr // who rewrites the list meets the error again, and tells the line
	}
	config := list.Get("functionConfig")
	key := "data"
	switch version, kind := config.Get("apiVersion").Text(), config.Get("kind").Text(); {
	case config.Kind() == tree.Null, version == "v1" && kind == "ConfigMap":
	case version == functionConfigVersion && kind == functionConfigKind:
		key = "spec"
	default:
		return nil, false, fmt.Errorf("functionConfig: want a v1 ConfigMap or an %s %s, not %s %s", functionConfigVersion, functionConfigKind, version, kind)
	}
	var values map[string]any
	if given := config.Get(key); given != nil {
		if err := json.Unmarshal(given.JSON(), &values); err != nil {
			return nil, false, fmt.Errorf("functionConfig: %s: want an object", key)
		}
	}
	// The text that a record brings back is not here: who calls a function writes
	// its own.
	if err := flags.MarkHidden("record"); err != nil {
		return nil, false, err
	}
	if err := setFlags(flags, "functionConfig: "+key, values); err != nil {
		return nil, false, err
	}
	if s.record {
		return nil, false, fmt.Errorf("functionConfig: %s: record works with files only", key)
	}
	return s, quiet, nil
}
