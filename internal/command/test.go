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
		Short: "Hold injection against golden files",
		Long: `Test injects the manifests of golden-file cases and compares the results with
what they were: for everyone who owns a template, or manifests to be injected.

A case is a folder, at any depth below DIR, with

  input.yaml   the manifests
  golden.yaml  what they become
  case.yaml    how to inject them, if the defaults will not do:

    # Flags of outrigger inject, but for those that choose input and output. A
    # list gives a flag several times. Files are found from the case's folder.
    flags:
      profile: istio-1.0
      workload: [Worker.example.com=spec.pod]
    # Instead of a golden.yaml: the input is to be refused, with an error that
    # has this text in it.
    error: unknown template

Where a result differs, the difference is printed and the command fails.`,
		Example: `  outrigger test testdata/golden
  outrigger test testdata/golden --update   # take the results as they are now`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s wants one folder with cases; see %[1]s --help", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return cmd.run(args[0], c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().BoolVar(&cmd.update, "update", false, "write the results to the golden files")
	c.Flags().StringVar(&cmd.junit, "junit", "", "`FILE` to write a report to, as JUnit XML")
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
		return errors.New("not all cases have the result of their golden file; if it is the new result that is right, run with --update")
	}
	return nil
}
