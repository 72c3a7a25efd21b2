package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Workload is one object with a pod template, as found in a stream.
type Workload struct {
	// File and Line say where the object begins; lines count from 1.
	File string
	Line int
	// APIVersion, Kind, Namespace and Name are those of the object itself.
	APIVersion, Kind, Namespace, Name string
	// Pod is the JSON of the pod template: an object of metadata, if the text has
	// it, and spec, with members in the order of the text. Values are read as
	// Kubernetes reads YAML.
	Pod []byte
}

// Options are the settings of a Rewrite.
type Options struct {
	// File is the stream's name in errors and in workloads.
	File string
	// Kinds are searched for pod templates besides the built-in ones, and
	// instead of a built-in one of the same group and name.
	Kinds []Kind
}

// Rewrite copies a stream of manifests, documents of YAML or JSON, and applies
// to every pod template in it the patch that edit returns for it. Paths of the
// patch are relative to Workload.Pod. What no patch touches stays byte for byte.
//
// Documents are read, changed and written one at a time. All of them are looked
// at, and all errors come back, joined, each with file, line and object. What was
// written when there is an error is of no use.
func Rewrite(w io.Writer, r io.Reader, o Options, edit func(Workload) (tree.Patch, error)) error {
	rw := &rewriter{w: w, file: o.File, kinds: newKinds(o.Kinds), edit: edit}
	docs := newSplitter(r)
	for {
		text, line, err := docs.next()
		if errors.Is(err, io.EOF) {
			return errors.Join(rw.errs...)
		}
		if err != nil {
			return errors.Join(append(rw.errs, fmt.Errorf("%s: %w", o.File, err))...)
		}
		if err := rw.document(text, line); err != nil {
			return errors.Join(append(rw.errs, err)...)
		}
	}
}

type rewriter struct {
	w     io.Writer
	file  string
	kinds kinds
	edit  func(Workload) (tree.Patch, error)
	errs  []error

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
func (rw *rewriter) document(text []byte, line int) error {
	rw.text, rw.line = text, line
	if lead := leadingBlank(text); lead < len(text) && text[lead] == '{' {
		root, end, err := readJSON(text[lead:], true)
		if err == nil {
			return rw.jsonDocument(root, lead, lead+end)
		}
		// Perhaps a flow mapping of YAML.
	}
	d, err := rw.parse()
	if err != nil {
		return nil //nolint:nilerr // noted, and the next document is looked at
	}
	if d == nil {
		return rw.pass(text)
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
func (rw *rewriter) jsonDocument(root *node, start, end int) error {
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
	shift(root, start)
	rw.text = text[:rest]
	d := &document{text: rw.text, root: root, json: true, budget: expansionLimit}
	if err := rw.change(d); err != nil || rest == len(text) {
		return err
	}
	return rw.document(text[rest:], line+bytes.Count(text[:rest], []byte("\n")))
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

var errNoted = errors.New("noted")

// parse reads a document of YAML. It returns nil for one that has no workloads,
// and an error where one was noted.
func (rw *rewriter) parse() (*document, error) {
	if err := unreadable(rw.text); err != nil {
		rw.fail(0, "", err)
		return nil, errNoted
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(rw.text))
	err := decoder.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		var more yaml.Node
		if err = decoder.Decode(&more); err == nil {
			rw.failLine(rw.line+more.Line-1, "", errors.New("a document separator behind a lone carriage return or another unusual line break"))
			return nil, errNoted
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		rw.yamlError(err)
		return nil, errNoted
	}
	root := doc.Content[0]
	before := len(rw.errs)
	rw.check(root)
	if len(rw.errs) > before {
		return nil, errNoted
	}
	if root.Kind != yaml.MappingNode {
		return nil, nil
	}
	holds := rw.mayHold(root)
	if len(rw.errs) > before {
		return nil, errNoted
	}
	if !holds {
		return nil, nil
	}
	if y := templated(root); y != nil {
		rw.failLine(rw.line+y.Line-1, "", errTemplate)
		return nil, errNoted
	}
	d, err := place(rw.text, root)
	if err != nil {
		rw.failLine(rw.line+root.Line-1, "", err)
		return nil, errNoted
	}
	return d, nil
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

func (rw *rewriter) yamlError(err error) {
	line, text := 1, err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
		text = text[len(m[0]):]
	}
	line += rw.line - 1
	if bytes.Contains(rw.text, []byte("{{")) {
		rw.failLine(line, "", fmt.Errorf("%w (YAML: %s)", errTemplate, text))
		return
	}
	rw.failLine(line, "", fmt.Errorf("broken YAML: %s", text))
}

// check notes what is wrong in any document, one with workloads or not.
func (rw *rewriter) check(y *yaml.Node) {
	if y.Kind == yaml.MappingNode {
		rw.checkKeys(y)
	}
	for _, child := range y.Content {
		if child.Kind == yaml.MappingNode || child.Kind == yaml.SequenceNode {
			rw.check(child)
		}
	}
}

func (rw *rewriter) checkKeys(y *yaml.Node) {
	const few = 12
	var names []string
	var buf [few]string
	names = buf[:0]
	var seen map[string]bool
	for i := 0; i < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.MappingNode && key.Style&yaml.FlowStyle != 0 && y.Style&yaml.FlowStyle != 0 {
			rw.failLine(rw.line+key.Line-1, "", errTemplate)
			return
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			continue
		}
		name := key.Value
		if key.Style == 0 {
			s, err := resolvePlain(name)
			if err != nil || s.isNull() {
				continue
			}
			name = s.key
		}
		twice := slices.Contains(names, name) || seen[name]
		if twice {
			rw.failLine(rw.line+y.Content[i].Line-1, "", fmt.Errorf("duplicate key %q", clip(name)))
		}
		if len(names) < few {
			names = append(names, name)
			continue
		}
		if seen == nil {
			seen = make(map[string]bool, len(y.Content)/2)
		}
		seen[name] = true
	}
}

// mayHold tells whether a document may have workloads, by its kind.
func (rw *rewriter) mayHold(root *yaml.Node) bool {
	var apiVersion, kind string
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		switch key.Value {
		case "apiVersion":
			apiVersion = value.Value
		case "kind":
			kind = value.Value
		case "<<":
			return true
		case "sops":
			if encrypted(value) {
				rw.failLine(rw.line+key.Line-1, "", errSops)
				return false
			}
		}
	}
	return rw.holds(apiVersion, kind)
}

func (rw *rewriter) holds(apiVersion, kind string) bool {
	if _, ok := rw.kinds.find(apiVersion, kind); ok {
		return true
	}
	_, typed := rw.kinds.listed(apiVersion, kind)
	return typed || isList(apiVersion, kind)
}

func isList(apiVersion, kind string) bool {
	return kind == "List" && groupOf(apiVersion) == ""
}

// change calls edit for the workloads of a document and writes it.
func (rw *rewriter) change(d *document) error {
	before := len(rw.errs)
	if d.json {
		if m, ok, _ := d.lookup(d.root, "sops"); ok && m.value.form == objectForm {
			if _, ok, _ := d.lookup(m.value, "mac"); ok {
				rw.fail(m.value.start, "", errSops)
				return nil
			}
		}
	}
	var found []found
	rw.find(d, d.root, nil, "", "", d.root.start, &found)
	if len(found) > 0 {
		if flawed, err := jsonable(d.root); err != nil {
			rw.fail(flawed.start, "", err)
		}
	}
	if len(rw.errs) > before {
		return nil
	}
	for _, f := range found {
		if err := rw.changeOne(d, f); err != nil {
			rw.failLine(f.line, label(f.kind.Name, f.name), err)
		}
	}
	if len(rw.errs) > 0 {
		return nil
	}
	return d.write(rw.w)
}

// found is an object with a pod template in a document.
type found struct {
	path                                  []string // from the document's root
	line                                  int
	kind                                  Kind
	apiVersion, kindName, namespace, name string
}

func label(kind, name string) string {
	if name == "" {
		return kind
	}
	return fmt.Sprintf("%s %q", kind, name)
}

// find collects the workloads in an object. apiVersion and kind are those that a
// typed list gives its items; offset is where an error is to be noted.
func (rw *rewriter) find(d *document, n *node, path []string, apiVersion, kind string, offset int, list *[]found) {
	n = deref(n)
	if n.start >= 0 {
		offset = n.start
	}
	if n.form != objectForm {
		if kind != "" {
			rw.fail(offset, kind, fmt.Errorf("it is %s, not an object", n.typeName()))
		}
		return
	}
	if s := d.textOf(n, "apiVersion"); s != "" {
		apiVersion = s
	}
	if s := d.textOf(n, "kind"); s != "" {
		kind = s
	}
	k, ok := rw.kinds.find(apiVersion, kind)
	if !ok {
		item, typed := rw.kinds.listed(apiVersion, kind)
		if !typed && !isList(apiVersion, kind) {
			return
		}
		rw.findInList(d, n, path, apiVersion, item, kind, offset, list)
		return
	}
	f := found{path: path, line: rw.lineOf(offset), kind: k, apiVersion: apiVersion, kindName: kind}
	if m, ok, _ := d.lookup(n, "metadata"); ok && m.value.form == objectForm {
		f.name, f.namespace = d.textOf(m.value, "name"), d.textOf(m.value, "namespace")
	}
	*list = append(*list, f)
}

func (rw *rewriter) findInList(d *document, n *node, path []string, apiVersion, item, kind string, offset int, list *[]found) {
	m, ok, err := d.lookup(n, "items")
	switch {
	case err != nil:
		rw.fail(offset, kind, err)
	case !ok || (m.value.form == scalarForm && m.value.scalar.isNull()):
	case m.value.form != arrayForm:
		rw.fail(offset, kind, fmt.Errorf("items is %s, not an array", m.value.typeName()))
	default:
		if isList(apiVersion, kind) {
			apiVersion, item = "", ""
		}
		for i, e := range m.value.entries {
			at := offset
			if e.at >= 0 {
				at = e.at
			}
			rw.find(d, e.value, append(slices.Clone(path), "items", strconv.Itoa(i)), apiVersion, item, at, list)
		}
	}
}

// textOf is the text of a member that is a string, empty where there is none.
func (d *document) textOf(n *node, name string) string {
	m, ok, err := d.lookup(n, name)
	if err != nil || !ok || m.value.form != scalarForm || !m.value.scalar.isString {
		return ""
	}
	return m.value.scalar.text
}

func (rw *rewriter) changeOne(d *document, f found) error {
	d.budget = expansionLimit
	pod, err := d.pod(f)
	if err != nil || pod == nil {
		return err
	}
	patch, err := rw.edit(Workload{
		File: rw.file, Line: f.line,
		APIVersion: f.apiVersion, Kind: f.kindName, Namespace: f.namespace, Name: f.name,
		Pod: pod,
	})
	if err != nil {
		return err
	}
	return d.apply(f.path, f.kind, patch)
}

// pod is the JSON of an object's pod template, nil where it may have none and does.
func (d *document) pod(f found) ([]byte, error) {
	object := d.root
	for _, segment := range f.path {
		var err error
		if object, _, err = d.child(object, segment); err != nil {
			return nil, err
		}
	}
	spec, at, err := d.descend(object, f.kind.Spec)
	if err != nil {
		return nil, err
	}
	if spec == nil {
		if template := f.kind.Spec[:len(f.kind.Spec)-1]; f.kind.Optional && len(at) <= len(template) {
			return nil, nil
		}
		return nil, fmt.Errorf("there is no %s", strings.Join(at, "."))
	}
	if spec.form != objectForm {
		return nil, fmt.Errorf("%s is %s, not an object", strings.Join(f.kind.Spec, "."), spec.typeName())
	}
	metadata, _, err := d.descend(object, f.kind.Metadata)
	if err != nil {
		return nil, err
	}
	b := []byte{'{'}
	if metadata != nil {
		if metadata.form != objectForm && !(metadata.form == scalarForm && metadata.scalar.isNull()) {
			return nil, fmt.Errorf("%s is %s, not an object", strings.Join(f.kind.Metadata, "."), metadata.typeName())
		}
		if b, err = d.appendJSON(append(b, `"metadata":`...), metadata, 0); err != nil {
			return nil, err
		}
		b = append(b, ',')
	}
	if b, err = d.appendJSON(append(b, `"spec":`...), spec, 0); err != nil {
		return nil, err
	}
	return append(b, '}'), nil
}

// child is a member or item of a value, ok false where there is none.
func (d *document) child(n *node, segment string) (child *node, ok bool, err error) {
	switch n = deref(n); n.form {
	case objectForm:
		m, ok, err := d.lookup(n, segment)
		if !ok || err != nil {
			return nil, false, err
		}
		return m.value, true, nil
	case arrayForm:
		i, err := index(segment, len(n.entries))
		if err != nil {
			return nil, false, nil //nolint:nilerr // there is no such item
		}
		return deref(n.entries[i].value), true, nil
	}
	return nil, false, nil
}

// descend goes down a path of members. Where there is none (or null on the way),
// the value is nil, and at is the path as far as to what is missing.
func (d *document) descend(n *node, path []string) (value *node, at []string, err error) {
	for i, segment := range path {
		if n.form != objectForm {
			if n.form == scalarForm && n.scalar.isNull() {
				return nil, path[:i], nil
			}
			return nil, nil, fmt.Errorf("%s is %s, not an object", strings.Join(path[:i], "."), n.typeName())
		}
		child, ok, err := d.child(n, segment)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			return nil, path[:i+1], nil
		}
		n = child
	}
	return n, path, nil
}
