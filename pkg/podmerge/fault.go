package podmerge

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Fault is something in a pod for which Kubernetes would refuse it.
type Fault struct {
	// Path leads to it from the pod: the names of fields, and those of elements by
	// their merge keys or numbers.
	Path []Step
	Why  string
	// OfLists says that it is about which containers a pod has in which list.
	OfLists bool
}

// Step is one field, element of a list or key of a map.
type Step struct {
	Name string
	kind stepKind
}

type stepKind uint8

const (
	stepField stepKind = iota
	stepElement
	stepKey
)

func (f *Fault) Error() string { return f.Where() + ": " + f.Why }

// Where spells the path.
func (f *Fault) Where() string {
	var b strings.Builder
	b.WriteString("pod")
	for _, step := range f.Path {
		switch step.kind {
		case stepField:
			b.WriteString("." + plainly(step.Name))
		case stepElement:
			b.WriteString("[" + plainly(step.Name) + "]")
		case stepKey:
			b.WriteString("[" + tree.Extract(step.Name) + "]")
		}
	}
	return b.String()
}

// plainly is a name as it is, or quoted where it is none that Kubernetes has.
func plainly(name string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:$", r))
	}
	if len(name) <= 64 && strings.IndexFunc(name, odd) < 0 {
		return name
	}
	return tree.Extract(name)
}

// In says whether a pod, or an overlay of one, has something in the fault's place.
func (f *Fault) In(p *tree.Value) bool {
	s := Pod()
	for _, step := range f.Path {
		switch {
		case s == nil:
			return false
		case step.kind == stepElement:
			i := slices.IndexFunc(p.Items(), func(item *tree.Value) bool { return item.Get(s.mergeKey).Text() == step.Name })
			if n, err := strconv.Atoi(step.Name); i < 0 && err == nil && n < p.Len() {
				i = n
			}
			if i < 0 {
				return false
			}
			s, p = s.elem, p.Items()[i]
		default:
			s, p = s.Field(step.Name), p.Get(step.Name)
		}
		if p == nil {
			return false
		}
	}
	return true
}

// trail is where a walk through a pod is.
type trail []Step

func (t *trail) field(name string)   { *t = append(*t, Step{name, stepField}) }
func (t *trail) element(name string) { *t = append(*t, Step{name, stepElement}) }
func (t *trail) key(name string)     { *t = append(*t, Step{name, stepKey}) }

// back leaves the last step.
func (t *trail) back() { *t = (*t)[:len(*t)-1] }

// path is the way to here, and on.
func (t trail) path(on ...Step) []Step { return slices.Concat(t, on) }

func fields(names ...string) (steps []Step) {
	for _, name := range names {
		steps = append(steps, Step{name, stepField})
	}
	return steps
}
