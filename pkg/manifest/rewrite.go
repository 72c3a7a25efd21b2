package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Options are the settings of a Rewrite.
type Options struct {
	// File is the stream's name in errors and in workloads.
	File string
	// Kinds are searched for pod templates besides the built-in ones, and
	// instead of the built-in ones of the same group and name.
	Kinds []Kind
	// Remark is called for what people may want to know of objects that are passed
	// on as they are. Nil: nobody wants to.
	Remark func(Remark)
}

// Rewrite copies a stream of manifests, documents of YAML or JSON, and applies
// to every pod template in it the patch that edit returns for it. Paths of the
// patch are relative to Workload.Pod. What no patch touches stays byte for byte.
//
// Documents are changed and written one at a time, and read a few ahead. All of
// them are looked at, and all errors come back, joined, each with file, line and
// object. What was written when there is an error is of no use.
func Rewrite(w io.Writer, r io.Reader, o Options, edit func(Workload) (tree.Patch, error)) error {
	rw := &rewriter{w: w, file: o.File, kinds: newKinds(o.Kinds), edit: edit, remark: o.Remark, arena: arenas.Get().(*arena)}
	defer arenas.Put(rw.arena)
	for doc, err := range readAhead(r) {
		if err != nil {
			rw.errs = append(rw.errs, fmt.Errorf("%s: %w", o.File, err))
		} else if err := rw.document(doc); err != nil {
			return errors.Join(append(rw.errs, err)...)
		}
	}
	return errors.Join(rw.errs...)
}

type rewriter struct {
	w     io.Writer
	file  string
	kinds kinds
	edit  func(Workload) (tree.Patch, error)
	// remark may be nil.
	remark func(Remark)
	errs   []error
	arena  *arena
	// list is set where the document is a ResourceList.
	list *resourceList

	// of the document at hand
	text []byte
	line int // of the text's first line
}

// fail notes an error at an offset of the document. object may be empty.
func (rw *rewriter) fail(offset int, object string, err error) {
	rw.failLine(rw.lineOf(offset), object, err)
}

func (rw *rewriter) failLine(line int, object string, err error) {
	if object != "" {
		err = fmt.Errorf("%s: %w", object, err)
	}
	rw.errs = append(rw.errs, fmt.Errorf("%s:%d: %w", rw.file, line, err))
}

func (rw *rewriter) lineOf(offset int) int {
	return rw.line + bytes.Count(rw.text[:max(offset, 0)], []byte("\n"))
}

// document handles one document. Its error is one of writing; all others are noted.
func (rw *rewriter) document(doc source) error {
	text := doc.text
	rw.text, rw.line = text, doc.line
	rw.arena.reset()
	lead := leadingBlank(text)
	isJSON := lead < len(text) && text[lead] == '{'
	if len(text) >= largeList {
		cut := cutJSON
		if !isJSON {
			cut = cutYAML
		}
		if c := cut(text); rw.mayCut(c) {
			return rw.changeCut(c)
		}
		if rw.passesOn(text) {
			return rw.pass(text)
		}
	}
	if isJSON {
		d := &document{json: true, arena: rw.arena}
		root, end, duplicates, err := readJSON(text[lead:], true, d.arena)
		if err == nil {
			d.root = root
			d.text = text
			d.noteDuplicates(duplicates, lead)
			return rw.jsonDocument(d, lead, lead+end)
		}
		// Perhaps a flow mapping of YAML.
	}
	if doc.plain == nil && doc.yaml == nil {
		doc.read(rw.arena)
	}
	if doc.plain != nil {
		return rw.plain(doc.plain)
	}
	d, err := rw.read(doc.yaml)
	if err != nil {
		return nil // noted, and the next document is looked at
	}
	if d == nil {
		return rw.pass(text)
	}
	return rw.change(d)
}

// plain handles a document that was read without the parser.
func (rw *rewriter) plain(d *document) error {
	if d.arena != rw.arena { // it was read ahead
		defer arenas.Put(d.arena)
	}
	if d.root.form != objectForm || !rw.mayHold(d.head) && !d.mayBeWorkload() {
		return rw.pass(rw.text)
	}
	return rw.change(d)
}

func leadingBlank(text []byte) int {
	i := 0
	if bytes.HasPrefix(text, byteOrderMark) {
		i = len(byteOrderMark)
	}
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

// jsonDocument handles a document of JSON, and another behind it if there is one:
// objects may follow each other without separators.
func (rw *rewriter) jsonDocument(d *document, start, end int) error {
	rest := end + leadingBlank(rw.text[end:])
	text, line := rw.text, rw.line
	if rest < len(text) {
		if text[rest] != '{' {
			if marker(text[rest:]) != 0 || text[rest] == '#' {
				rest = len(text)
			} else {
				rw.fail(rest, "", errors.New("text behind the end of a JSON object"))
				return nil
			}
		}
	}
	shift(d.root, start)
	rw.text = text[:rest]
	d.text = rw.text
	d.head = d.headOf(d.root)
	if err := rw.change(d); err != nil || rest == len(text) {
		return err
	}
	return rw.document(source{text: text[rest:], line: line + bytes.Count(text[:rest], []byte("\n"))})
}

// shift moves the places of a tree that was read from a part of a text.
func shift(n *node, by int) {
	n.start, n.body, n.end = n.start+by, n.body+by, n.end+by
	for _, e := range n.source {
		e.at, e.after = e.at+by, e.after+by
		if e.key != nil {
			shift(e.key, by)
		}
		shift(e.value, by)
	}
}

func (rw *rewriter) pass(text []byte) error {
	if len(rw.errs) > 0 {
		return nil
	}
	_, err := rw.w.Write(text)
	return err
}

// change calls edit for the workloads of a document and writes it.
func (rw *rewriter) change(d *document) error {
	before := len(rw.errs)
	if rw.list != nil {
		if err := rw.list.expect(d); err != nil {
			rw.fail(d.root.start, "", err)
			return nil
		}
	}
	found := rw.findAll(d)
	if len(found) > 0 {
		rw.refuse(d)
	} else {
		if strings.HasPrefix(d.head.kind, "ENC[") {
			rw.failLine(rw.line+d.head.sops-1, "", errSops)
		}
		rw.warnOfDuplicates(d.head, d.duplicates)
	}
	if len(rw.errs) > before {
		return nil
	}
	for _, f := range found {
		err := f.err
		if err == nil {
			err = rw.changeOne(d, f)
		}
		if err != nil {
			rw.failLine(f.line, f.label(), err)
		}
	}
	if len(rw.errs) == 0 && rw.list != nil {
		if err := rw.list.conclude(d); err != nil {
			rw.fail(d.root.start, "ResourceList", err)
		}
	}
	if len(rw.errs) > 0 {
		return nil
	}
	return d.write(rw.w)
}

// refuse notes what is wrong with a document as a whole, now that it is to change.
func (rw *rewriter) refuse(d *document) {
	if d.head.sops > 0 {
		rw.failLine(rw.line+d.head.sops-1, "", errSops)
		return
	}
	for _, duplicate := range d.duplicates {
		rw.failLine(rw.line+duplicate.line-1, "", duplicate)
	}
	if len(d.duplicates) > 0 {
		return
	}
	if flawed, err := jsonable(d.root); err != nil {
		rw.fail(flawed.start, "", err)
	}
}

func (rw *rewriter) changeOne(d *document, f found) error {
	d.aliases = tree.Aliases{}
	pod, err := d.pod(f)
	if err != nil {
		return err
	}
	labels, annotations, err := d.ownNames(f)
	if err != nil {
		return err
	}
	selected, err := d.selected(f)
	if err != nil {
		return err
	}
	patch, err := rw.edit(Workload{
		File: rw.file, Line: f.line,
		APIVersion: f.apiVersion, Kind: f.kindName, Namespace: f.namespace, Name: f.name,
		Path: d.pathInList(f.path), Template: f.kind, Several: f.several,
		Labels: labels, Annotations: annotations, Selected: selected,
		Pod: pod,
	})
	if err != nil {
		return err
	}
	return d.apply(f.path, f.kind, patch)
}
