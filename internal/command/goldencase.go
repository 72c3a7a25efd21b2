package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/textfile"
)

// The files of a case.
const (
	caseInput    = "input.yaml"
	caseGolden   = "golden.yaml"
	caseSettings = "case.yaml"
)

// goldenCase is a folder with an input and the result to hold it against.
type goldenCase struct {
	name, dir string
	// root is the folder that all cases stand in.
	root string
}

// caseFile is a case.yaml.
type caseFile struct {
	// Flags are those of settings, without their dashes. A value is a scalar, or
	// a list of them.
	Flags map[string]any `json:"flags"`
	// Error is text of the error that the input must lead to. Empty: it must not.
	Error string `json:"error"`
}

func (c goldenCase) path(name string) string { return filepath.Join(c.dir, name) }

// read returns what a case.yaml says, if there is one.
func (c goldenCase) read() (caseFile, *settings, error) {
	var file caseFile
	s := &settings{}
	flags := pflag.NewFlagSet(caseSettings, pflag.ContinueOnError)
	s.addFlags(flags)
	text, err := textfile.Read(c.path(caseSettings), "case")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return file, nil, err
	}
	if err := yaml.UnmarshalStrict(text, &file); err != nil {
		return file, nil, fmt.Errorf("%s: %w", c.path(caseSettings), err)
	}
	if err := setFlags(flags, c.path(caseSettings)+": flags", file.Flags); err != nil {
		return file, nil, err
	}
	s.relativeTo(c.dir)
	return file, s, nil
}

// inject returns what becomes of the input.
func (c goldenCase) inject(s *settings) ([]byte, error) {
	in, err := s.prepare()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	var from inputs
	in.learn([]string{c.path(caseInput)}, &from)
	err = in.rewriter(&report{}).file(&joiner{w: &out}, c.path(caseInput), &from)
	return out.Bytes(), err
}

// run tells how the case goes. With update its golden file is made to agree.
func (c goldenCase) run(update bool) outcome {
	o := outcome{name: c.name}
	if err := c.check(update, &o); err != nil {
		o.failure = strings.TrimRight(err.Error(), "\n") + "\n"
	}
	return o
}

func (c goldenCase) check(update bool, o *outcome) error {
	file, s, err := c.read()
	if err != nil {
		return err
	}
	got, err := c.inject(s)
	switch {
	case file.Error == "" && err != nil:
		return err
	case file.Error != "" && err == nil:
		return fmt.Errorf("%s: expected an error with %q, but the input was injected", c.path(caseSettings), file.Error)
	case file.Error != "" && !strings.Contains(err.Error(), file.Error):
		return fmt.Errorf("%s: expected an error with %q, but it is:\n%w", c.path(caseSettings), file.Error, err)
	case file.Error != "":
		return nil
	}
	golden := c.path(caseGolden)
	want, err := os.ReadFile(golden)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return err
	case err == nil && bytes.Equal(got, want):
		return nil
	case update:
		o.updated = true
		return c.write(golden, got)
	case missing:
		return fmt.Errorf("%s: missing; --update writes it", golden)
	}
	return errors.New(diff{golden, "as injected now", want, got}.unified())
}

// write writes a file of the case, unless a link leads out of the folder of cases.
func (c goldenCase) write(file string, text []byte) error {
	target := realPath(file)
	_, err := os.Stat(file)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		target = filepath.Join(realPath(c.dir), filepath.Base(file))
	}
	if way, err := filepath.Rel(realPath(c.root), target); err != nil || !filepath.IsLocal(way) {
		return fmt.Errorf("%s: a link leads to %s, out of %s, and it is not written", file, target, c.root)
	}
	if missing { // a link that leads nowhere would stay one
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return writeWhole(target, text)
}

// writeWhole writes a file, all at once.
func writeWhole(file string, text []byte) error {
	out, err := newOutput(file, nil)
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := out.Write(text); err != nil {
		return err
	}
	return out.commit()
}
