package command

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/manifest"
)

// manifests are the flags of a command that rewrites manifests: what it reads,
// and where its output goes.
type manifests struct {
	files  []string
	output string
	diff   bool
	quiet  bool
	// people is where somebody at a terminal sees how far it is.
	people io.Writer
	// margin tells who wrote the lines of a file, for a diff that shows it.
	margin func(name string, before, after []byte) (margin, error)
}

func (m *manifests) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&m.files, "filename", "f", nil, "`FILE` with manifests, a folder (searched recursively for .yaml, .yml and .json),\na URL, or - for standard input; may be repeated")
	flags.StringVarP(&m.output, "output", "o", "", "`FILE` to write instead of standard output; it is replaced atomically")
	flags.BoolVar(&m.diff, "diff", false, "print a unified diff of the changes instead of the manifests")
	addQuietFlag(flags, &m.quiet)
	flags.SetNormalizeFunc(normalizeFlag)
}

func addQuietFlag(flags *pflag.FlagSet, quiet *bool) {
	flags.BoolVarP(quiet, "quiet", "q", false, "print errors only")
}

func (m *manifests) check() error {
	if m.output == "json" || m.output == "yaml" {
		return fmt.Errorf("-o is the output file, and manifests keep their format; for a file of this name, use -o ./%s", m.output)
	}
	return nil
}

// rewriter rewrites a stream of manifests. name is what errors call it.
type rewriter func(w io.Writer, r io.Reader, name string) error

// rewrite passes all inputs through a rewriter, and lets the output out if
// nothing is wrong with any and accept has nothing against it. done is what a diff
// calls manifests after it.
func (m *manifests) rewrite(files []string, rewrite rewriter, done string, from *inputs, stdout io.Writer, accept func() error) error {
	tuneCollection()
	out, err := newOutput(m.output, stdout)
	if err != nil {
		return err
	}
	defer out.discard()
	defer from.discard()
	if from.ahead != nil {
		from.ahead(files)
	}
	var p *progress
	if !m.quiet {
		p = newProgress(m.people, len(files))
	}
	if m.diff {
		err = m.writeDiffs(out, files, rewrite, done, from, m.output == "" && wantsColour(stdout), p)
	} else {
		err = writeManifests(out, files, rewrite, from, p)
	}
	p.clear()
	if err != nil {
		return err
	}
	if err := accept(); err != nil {
		return err
	}
	return out.commit()
}

func writeManifests(out io.Writer, files []string, rewrite rewriter, from *inputs, p *progress) error {
	var errs []error
	all := &joiner{w: out, many: len(files) > 1}
	for _, file := range files {
		p.next(shownName(file))
		if err := rewrite.file(all, file, from); err != nil {
			errs = append(errs, err)
			all.w = io.Discard // the rest is only checked
		}
	}
	return errors.Join(errs...)
}

func (m *manifests) writeDiffs(out io.Writer, files []string, rewrite rewriter, done string, from *inputs, colour bool, p *progress) error {
	var errs []error
	for _, file := range files {
		p.next(shownName(file))
		before, err := from.read(file)
		var after bytes.Buffer
		if err == nil {
			err = rewrite(&after, bytes.NewReader(before), shownName(file))
		}
		if err == nil {
			err = m.writeDiff(out, diff{shownName(file), done, before, after.Bytes()}, colour)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (m *manifests) writeDiff(out io.Writer, d diff, colour bool) error {
	text := d.unified()
	var beside margin
	if m.margin != nil && text != "" {
		var err error
		if beside, err = m.margin(d.name, d.before, d.after); err != nil {
			return err
		}
	}
	shown := text
	if colour {
		shown = painted(text)
	}
	if beside != nil {
		shown = beside.put(text, shown, colour)
	}
	_, err := io.WriteString(out, shown)
	return err
}

// file rewrites one of several inputs.
func (rewrite rewriter) file(j *joiner, file string, from *inputs) error {
	f, err := from.open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r := measured{bufio.NewReader(f), f}
	w, err := j.next(r.Reader)
	if err != nil {
		return err
	}
	return errors.Join(rewrite(w, r, shownName(file)), w.Close())
}

// measured is an input that knows how much of it is left where it is a file, or was
// kept.
type measured struct {
	*bufio.Reader
	of io.Reader
}

func (m measured) Len() int {
	if known, ok := m.of.(manifest.Measured); ok {
		return m.Buffered() + known.Len()
	}
	file, ok := m.of.(*os.File)
	if !ok {
		return 0
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	at, err := file.Seek(0, io.SeekCurrent)
	if err != nil || at > info.Size() {
		return 0
	}
	return m.Buffered() + int(info.Size()-at)
}

// addWorkloadFlag is for kinds of workloads besides the built-in ones.
func addWorkloadFlag(flags *pflag.FlagSet, workloads *[]string) {
	flags.StringArrayVar(workloads, "workload", nil, "`KIND.GROUP=PATH`: another workload kind and the path of its pod template, such as\nWorker.example.com=spec.template; may be repeated")
}

func parseKinds(workloads []string) ([]manifest.Kind, error) {
	var kinds []manifest.Kind
	var errs []error
	for _, w := range workloads {
		kind, err := manifest.ParseKind(w)
		if err != nil {
			err = fmt.Errorf("--workload: %w", err)
		}
		kinds, errs = append(kinds, kind), append(errs, err)
	}
	return kinds, errors.Join(errs...)
}
