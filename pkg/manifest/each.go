package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// eachDocument passes a stream through change, and joins all errors of it. A text that
// change returns may be gone by its next call.
func eachDocument(w io.Writer, r io.Reader, file string, change func(source) ([]byte, error)) error {
	return eachInParts(w, r, file, func(doc source) (finish, error) {
		text, err := change(doc)
		return asItIs(bytes.Clone(text)), err
	})
}

// finish returns a document's new text.
type finish func() ([]byte, error)

func asItIs(text []byte) finish { return func() ([]byte, error) { return text, nil } }

// eachInParts passes a stream through change, and joins all errors of it. What is left
// to do of a document is done while change is called for those behind it.
func eachInParts(w io.Writer, r io.Reader, file string, change func(source) (finish, error)) error {
	type finished struct {
		text []byte
		err  error
	}
	var errs []error
	var waiting []chan finished
	write := func() error {
		next := <-waiting[0]
		waiting = waiting[1:]
		if next.err != nil {
			errs = append(errs, next.err)
		}
		if len(errs) > 0 {
			return nil
		}
		_, err := w.Write(next.text)
		return err
	}
	for doc, err := range readAhead(r) {
		done := make(chan finished, 1)
		waiting = append(waiting, done)
		if err != nil {
			done <- finished{err: fmt.Errorf("%s: %w", file, err)}
		} else if rest, err := change(doc); err != nil {
			done <- finished{err: err}
		} else {
			go func() {
				text, err := rest()
				done <- finished{text, err}
			}()
		}
		if len(waiting) > runtime.GOMAXPROCS(0) {
			if err := write(); err != nil {
				return err
			}
		}
	}
	for len(waiting) > 0 {
		if err := write(); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// inMemory rewrites one document after the other, with the same arena for all of them.
type inMemory struct {
	rewriter
	out bytes.Buffer
}

func newInMemory(o Options, kinds kinds) *inMemory {
	return &inMemory{rewriter: rewriter{file: o.File, kinds: kinds, remark: o.Remark, arena: &arena{}}}
}

// rewrite returns the text of a document with its workloads edited. It is good until
// the next call.
func (d *inMemory) rewrite(doc source, edit func(Workload) (tree.Patch, error)) ([]byte, error) {
	d.out.Reset()
	d.w, d.edit, d.errs = &d.out, edit, nil
	err := d.document(doc)
	return d.out.Bytes(), errors.Join(append(d.errs, err)...)
}
