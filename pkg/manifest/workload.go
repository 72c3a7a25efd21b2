package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Workload is one object with a pod template, as found in a stream.
type Workload struct {
	// File and Line say where the object begins; lines count from 1.
	File string
	Line int
	// APIVersion, Kind, Namespace and Name are those of the object itself.
	APIVersion, Kind, Namespace, Name string
	// Path leads from the document's root to the object, which is in a list where
	// it is not empty, and Template from there to the pod template.
	Path     []string
	Template Kind
	// Pod is the JSON of the pod template: an object of metadata, if the text has
	// it (it may be null there), and spec, with members in the order of the text. Values are read as
	// Kubernetes reads YAML.
	Pod []byte
}

func (rw *rewriter) holds(apiVersion, kind string) bool {
	if _, ok := rw.kinds.find(apiVersion, kind); ok {
		return true
	}
	_, typed := rw.kinds.listed(apiVersion, kind)
	return typed || rw.isList(apiVersion, kind)
}

func (rw *rewriter) isList(apiVersion, kind string) bool {
	return kind == "List" && groupOf(apiVersion) == "" || rw.list != nil && isResourceList(apiVersion, kind)
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
		if !typed && !rw.isList(apiVersion, kind) {
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
		if rw.isList(apiVersion, kind) {
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
			return nil, false, nil // there is no such item
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
