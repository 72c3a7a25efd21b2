package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// testCommand is the flags of `outrigger test`.
type testCommand struct {
	update bool
	junit  string
}

func newTestCommand() *cobra.Command {
	cmd := &testCommand{}
	c := &cobra.Command{
		Use:   "test DIR [--update] [--junit FILE]",
		Short: "Test injection against golden files",
		Long: `Inject the manifests of test cases, and compare the results with golden files. This
is for everyone who maintains a template or manifests that are injected.

A case is a folder, at any depth below DIR, with these files:

  input.yaml   the manifests
  golden.yaml  the expected result
  case.yaml    optional settings:

    # Flags of outrigger inject, except those for input and output. A list repeats
    # a flag. Paths are relative to the case's folder.
    flags:
      profile: istio-1.0
      workload: [Worker.example.com=spec.pod]
    # Instead of a golden.yaml: the input must be refused with an error that
    # contains this text.
    error: unknown template

If a result differs, the difference is printed and the command fails.`,
		Example: `  outrigger test testdata/golden
  outrigger test testdata/golden --update   # accept the current results`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s requires one folder with test cases; see %[1]s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return cmd.run(args[0], c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().BoolVar(&cmd.update, "update", false, "write the results to the golden files")
	c.Flags().StringVar(&cmd.junit, "junit", "", "`FILE` for a JUnit XML report")
	return c
}

// outcome is how a case went.
type outcome struct {
	name string
	took time.Duration
	// failure is what is wrong, empty where nothing is.
	failure string
	// updated tells that the golden file was written.
	updated bool
}

func (cmd *testCommand) run(dir string, w, stderr io.Writer) error {
	cases, err := findCases(dir)
	if err != nil {
		return err
	}
	colour := wantsColour(w)
	var outcomes []outcome
	failed := 0
	p := newProgress(stderr, len(cases))
	defer p.clear()
	for _, c := range cases {
		p.next(printable(c.name))
		begin := time.Now()
		o := c.run(cmd.update)
		o.took = time.Since(begin)
		outcomes = append(outcomes, o)
		verb := "ok"
		switch {
		case o.failure != "":
			failed++
			verb = "FAIL"
		case o.updated:
			verb = "written"
		}
		failure := o.failure
		if colour {
			failure = painted(failure)
		}
		p.clear()
		if _, err := fmt.Fprintf(w, "%-7s  %s\n%s", verb, printable(o.name), failure); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%d passed, %d failed\n", len(cases)-failed, failed); err != nil {
		return err
	}
	if cmd.junit != "" {
		if err := writeJUnit(cmd.junit, dir, outcomes); err != nil {
			return err
		}
	}
	if failed > 0 {
		return errors.New("some results differ from their golden files; to accept the new results, run with --update")
	}
	return nil
}
