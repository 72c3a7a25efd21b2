package manifest

import (
	"fmt"
	"slices"
	"strconv"
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
	// Several is set where the object has other pod templates, too.
	Several bool
	// Labels and Annotations are the names of those in the object's own metadata. There
	// are none where that is the pod's.
	Labels, Annotations []string
	// Selected are the labels by which the object finds its pods.
	Selected []string
	// Pod is the JSON of the pod template: an object of metadata, if the text has
	// it (it may be null there), and spec, with members in the order of the text. Values are read as
	// Kubernetes reads YAML.
	Pod []byte
}

func (rw *rewriter) holds(apiVersion, kind string) bool {
	if rw.kinds.find(apiVersion, kind) != nil {
		return true
	}
	_, typed := rw.kinds.listed(apiVersion, kind)
	return typed || rw.isList(apiVersion, kind)
}

func (rw *rewriter) isList(apiVersion, kind string) bool {
	return kind == "List" && groupOf(apiVersion) == "" || rw.list != nil && isResourceList(apiVersion, kind)
}

// object is an object in a document.
type object struct {
	path                                  []string // from the document's root
	line                                  int
	apiVersion, kindName, namespace, name string
}

// found is an object's pod template. The paths of its kind lead to one place each.
type found struct {
	object
	kind    Kind
	several bool  // as in Workload
	err     error // why its pod template is not found
}

func (o object) label() string { return label(o.kindName, o.name) }

func label(kind, name string) string {
	if name == "" {
		return kind
	}
	return fmt.Sprintf("%s %q", kind, name)
}

// find collects the pod templates in an object. apiVersion and kind are those that a
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
	of := rw.kinds.find(apiVersion, kind)
	if item, typed := rw.kinds.listed(apiVersion, kind); of == nil && (typed || rw.isList(apiVersion, kind)) {
		rw.findInList(d, n, path, apiVersion, item, kind, offset, list)
		return
	}
	o := object{path: path, line: rw.lineOf(offset), apiVersion: apiVersion, kindName: kind}
	if m, ok, _ := d.lookup(n, "metadata"); ok && m.value.form == objectForm {
		o.name, o.namespace = d.textOf(m.value, "name"), d.textOf(m.value, "namespace")
	}
	if of == nil || of[0].leftAlone != "" {
		rw.passBy(d, n, o, of)
		return
	}
	templates, err := d.templates(n, of)
	for _, k := range templates {
		if err == nil {
			err = d.signOfPatch(n, k)
		}
	}
	if err != nil {
		templates = nil
		*list = append(*list, found{object: o, err: err})
	}
	for _, k := range templates {
		*list = append(*list, found{object: o, kind: k, several: len(templates) > 1})
	}
}

func (rw *rewriter) findInList(d *document, n *node, path []string, apiVersion, item, kind string, offset int, list *[]found) {
	m, ok, err := d.lookup(n, "items")
	switch {
	case err != nil:
		rw.fail(offset, kind, err)
	case !ok || m.value.isNull():
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

// descend goes down a path of members and indexes. Where there is none (or null on the way),
// the value is nil, and at is the path as far as to what is missing.
func (d *document) descend(n *node, path []string) (value *node, at []string, err error) {
	for i, segment := range path {
		if n.isNull() {
			return nil, path[:i], nil
		}
		if _, err := strconv.Atoi(segment); n.form != objectForm && (n.form != arrayForm || err != nil) {
			return nil, nil, fmt.Errorf("%s is %s, not an object", showIndexes(path[:i]), n.typeName())
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
