package workbench

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// podNode is a workload's pod template in a text: its metadata and spec, which
// need not stand together.
type podNode struct {
	line           int // of the object
	metadata, spec spot
}

// findPod finds a workload's pod template in the documents of a text that has the
// same objects in the same order. number counts the workloads before it that are
// of the same kind and name, for texts in which such follow each other.
func findPod(all []*yaml.Node, w manifest.Workload, number int) (podNode, bool) {
	for _, document := range all {
		object, ok := at(document, w.Path...)
		if !ok || !isObject(object.node, w) {
			continue
		}
		if number--; number >= 0 {
			continue
		}
		p := podNode{line: object.node.Line}
		p.metadata, _ = at(object.node, w.Template.Metadata...)
		p.spec, ok = at(object.node, w.Template.Spec...)
		return p, ok
	}
	return podNode{}, false
}

func isObject(node *yaml.Node, w manifest.Workload) bool {
	text := func(path ...string) string {
		if found, ok := at(node, path...); ok {
			return found.node.Value
		}
		return ""
	}
	kind := text("kind")
	return (kind == w.Kind || kind == "") && text("metadata", "name") == w.Name && text("metadata", "namespace") == w.Namespace
}

// spot finds a field of the pod.
func (p podNode) spot(path string) (spot, bool) {
	steps := tree.Steps(path)
	if len(steps) == 0 {
		return spot{}, false
	}
	root := p.spec
	switch steps[0] {
	case "metadata":
		root = p.metadata
	case "spec":
	default:
		return spot{}, false
	}
	if root.node == nil {
		return spot{}, false
	}
	if len(steps) == 1 {
		return root, true
	}
	return at(root.node, steps[1:]...)
}

// head is the first line of what a field is the first of: the lines above it that
// open mappings and lists which are as new as itself.
func (p podNode) head(f Field, isNew func(path string) bool) int {
	line := f.From
	path := f.Path
	for {
		cut := strings.LastIndexByte(path, '/')
		if cut <= 0 || !isNew(path[:cut]) {
			return line
		}
		path = path[:cut]
		found, ok := p.spot(path)
		if !ok || found.line > line {
			return line
		}
		if !isFirst(found.node, line) {
			return line
		}
		line = found.line
	}
}

// isFirst says whether nothing of a mapping or list stands above a line.
func isFirst(node *yaml.Node, line int) bool {
	return len(node.Content) > 0 && node.Content[0].Line >= line
}

// place gives the fields of a workload their lines. was is its pod in the manifest.
func (p podNode) place(fields []Field, w *written, was podNode) {
	isNew := func(path string) bool {
		if _, stood := was.spot(path); !stood && strings.HasPrefix(path, "/metadata") {
			return true // a pod can have metadata from elsewhere, as in a CronJob
		}
		at := w
		for _, step := range tree.Steps(path) {
			if at.change == Added {
				return true
			}
			if at = at.child(step); at == nil {
				return false
			}
		}
		return at.change == Added
	}
	for i := range fields {
		f := &fields[i]
		if f.Change == Removed {
			continue
		}
		found, ok := p.spot(f.Path)
		if !ok {
			continue
		}
		f.From, f.To = found.line, max(found.line, lastLine(found.node))
		f.Head = p.head(*f, isNew)
	}
}

// marksOf joins the lines of fields to runs of one kind.
func marksOf(fields []Field) []Mark {
	marks := []Mark{}
	for _, f := range fields {
		if f.From == 0 {
			continue
		}
		marks = append(marks, Mark{f.Head, f.To, f.Change})
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Or(a.From-b.From, a.To-b.To) })
	joined := marks[:0]
	for _, m := range marks {
		if n := len(joined); n > 0 && m.From <= joined[n-1].To+1 && m.Change == joined[n-1].Change {
			joined[n-1].To = max(joined[n-1].To, m.To)
			continue
		}
		joined = append(joined, m)
	}
	return joined
}
