package explain

import (
	"fmt"
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
	metadata, spec Spot
}

// findPod finds a workload's pod template in the documents of a text that has the
// same objects in the same order. number counts the workloads before it that are
// of the same kind and name, for texts in which such follow each other.
func findPod(all []*yaml.Node, w manifest.Workload, number int) (podNode, bool) {
	for _, document := range all {
		object, ok := At(document, w.Path...)
		if !ok || !isObject(object.Node, w) {
			continue
		}
		if number--; number >= 0 {
			continue
		}
		p := podNode{line: object.Node.Line}
		p.metadata, _ = At(object.Node, w.Template.Metadata...)
		p.spec, ok = At(object.Node, w.Template.Spec...)
		return p, ok
	}
	return podNode{}, false
}

func isObject(node *yaml.Node, w manifest.Workload) bool {
	text := func(path ...string) string {
		if found, ok := At(node, path...); ok {
			return found.Node.Value
		}
		return ""
	}
	kind := text("kind")
	return (kind == w.Kind || kind == "") && text("metadata", "name") == w.Name && text("metadata", "namespace") == w.Namespace
}

// spot finds a field of the pod.
func (p podNode) spot(path string) (Spot, bool) {
	steps := tree.Steps(path)
	if len(steps) == 0 {
		return Spot{}, false
	}
	root := p.spec
	switch steps[0] {
	case "metadata":
		root = p.metadata
	case "spec":
	default:
		return Spot{}, false
	}
	if root.Node == nil {
		return Spot{}, false
	}
	if len(steps) == 1 {
		return root, true
	}
	return At(root.Node, steps[1:]...)
}

// head is the first line of what a field is the first of: the lines above it that
// open mappings and lists which are as new as itself.
func (p podNode) head(f Field, line int, isNew func(path string) bool) int {
	path := f.Path
	for {
		cut := strings.LastIndexByte(path, '/')
		if cut <= 0 || !isNew(path[:cut]) {
			return line
		}
		path = path[:cut]
		found, ok := p.spot(path)
		if !ok || found.Line > line {
			return line
		}
		if !isFirst(found.Node, line) {
			return line
		}
		line = found.Line
	}
}

// isFirst says whether nothing of a mapping or list stands above a line.
func isFirst(node *yaml.Node, line int) bool {
	return len(node.Content) > 0 && node.Content[0].Line >= line
}

// Lines are those of a field in a text; none of them is 0.
type Lines struct {
	// Head is the first of the lines above that only open what the field is the first
	// of. From and To are its own.
	Head int `json:"head"`
	From int `json:"from"`
	To   int `json:"to"`
}

// lines finds a field that w has. was is its pod in the text before.
func (p podNode) lines(f Field, w *Written, was podNode) Lines {
	found, ok := p.spot(f.Path)
	if f.Change == Removed || !ok {
		return Lines{}
	}
	isNew := func(path string) bool {
		if _, stood := was.spot(path); !stood && strings.HasPrefix(path, "/metadata") {
			return true // a pod can have metadata from elsewhere, as in a CronJob
		}
		return w.isNew(path)
	}
	return Lines{p.head(f, found.Line, isNew), found.Line, max(found.Line, lastLine(found.Node))}
}

// Texts finds fields in manifests before and after injection.
type Texts struct {
	before, after []*yaml.Node
	seen          map[string]int
}

// NewTexts reads the manifests of both.
func NewTexts(before, after string) *Texts {
	return &Texts{Documents(before), Documents(after), map[string]int{}}
}

// Pod is a workload's pod in the texts.
type Pod struct {
	// Line is where its object begins after injection, 0 where it was not found.
	Line     int
	was, now podNode
}

// Next finds the pod of a workload. Workloads are asked for in their order.
func (t *Texts) Next(w manifest.Workload) Pod {
	key := fmt.Sprintf("%q", slices.Concat([]string{w.Kind, w.Namespace, w.Name}, w.Path, w.Template.Spec))
	was, _ := findPod(t.before, w, t.seen[key])
	now, _ := findPod(t.after, w, t.seen[key])
	t.seen[key]++
	return Pod{now.line, was, now}
}

// Lines are those of a field that was written into the pod, after injection.
func (p Pod) Lines(f Field, w *Written) Lines { return p.now.lines(f, w, p.was) }
