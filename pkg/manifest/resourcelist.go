package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// RewriteResourceList is Rewrite for the one document in which a KRM function
// gets its objects and gives them back, a ResourceList of config.kubernetes.io.
// results is called once edit was called for all workloads, and returns the JSON
// objects to put behind the list's results. With an error nothing is written.
func RewriteResourceList(w io.Writer, text []byte, o Options, edit func(Workload) (tree.Patch, error), results func() []json.RawMessage) error {
	return rewriteResourceList(w, text, o, newKinds(o.Kinds), edit, results)
}

// AddResults writes a ResourceList with JSON objects behind its results, and all
// else as it came: what a function that failed gives back.
func AddResults(w io.Writer, text []byte, file string, results []json.RawMessage) error {
	return rewriteResourceList(w, text, Options{File: file}, kinds{}, nil, func() []json.RawMessage { return results })
}

func rewriteResourceList(w io.Writer, text []byte, o Options, kinds kinds, edit func(Workload) (tree.Patch, error), results func() []json.RawMessage) error {
	list := &resourceList{results: results}
	documents := 0
	var whole bytes.Buffer
	err := eachDocument(&whole, bytes.NewReader(text), o.File, func(doc source) ([]byte, error) {
		if documents++; documents > 1 {
			return nil, fmt.Errorf("%s:%d: %w", o.File, doc.line, errNotAlone)
		}
		var out bytes.Buffer
		rw := &rewriter{w: &out, file: o.File, kinds: kinds, edit: edit, remark: o.Remark, arena: &arena{}, list: list}
		err := rw.document(doc)
		return out.Bytes(), errors.Join(append(rw.errs, err)...)
	})
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		err = fmt.Errorf("%s: the input is empty, and a ResourceList of config.kubernetes.io is wanted", o.File)
	} else if err == nil && !list.concluded {
		err = fmt.Errorf("%s: %w", o.File, errNoResourceList)
	}
	if err != nil {
		return err
	}
	_, err = whole.WriteTo(w)
	return err
}

var (
	errNoResourceList = errors.New("it is no ResourceList of config.kubernetes.io")
	errNotAlone       = errors.New("there is more than one document; a ResourceList stands alone")
)

func isResourceList(apiVersion, kind string) bool {
	return kind == "ResourceList" && groupOf(apiVersion) == "config.kubernetes.io"
}

// resourceList is what a rewriter adds to a document that is one.
type resourceList struct {
	results   func() []json.RawMessage
	concluded bool
}

// expect says what is wrong with a document as a whole.
func (l *resourceList) expect(d *document) error {
	switch {
	case !isResourceList(d.textOf(d.root, "apiVersion"), d.textOf(d.root, "kind")):
		return errNoResourceList
	case l.concluded:
		return errNotAlone
	}
	return nil
}

// conclude adds the results. The items have been changed.
func (l *resourceList) conclude(d *document) error {
	l.concluded = true
	if err := l.add(d); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

func (l *resourceList) add(d *document) error {
	results := l.results()
	if len(results) == 0 {
		return nil
	}
	root, err := d.walk(nil)
	if err != nil {
		return err
	}
	m, ok, err := d.lookup(root, "results")
	if err != nil {
		return err
	}
	if !ok || m.value.form != arrayForm {
		text, err := json.Marshal(results)
		if err != nil {
			return err
		}
		value, err := freshNode(text, d.arena)
		if err != nil {
			return err
		}
		return d.editObject(root, "add", "results", value)
	}
	list, err := d.walk([]string{"results"})
	if err != nil {
		return err
	}
	for _, result := range results {
		value, err := freshNode(result, d.arena)
		if err != nil {
			return err
		}
		if err := d.editArray(list, "add", strconv.Itoa(len(list.entries)), value); err != nil {
			return err
		}
	}
	return nil
}
