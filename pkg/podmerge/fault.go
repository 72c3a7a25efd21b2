package podmerge

import (
	"cmp"
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
	// under is the place below which the path leads on, where that is not the pod.
	under string
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
	b.WriteString(cmp.Or(f.under, "pod"))
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

// Within follows the fault's path through a pod, or an overlay of one, as far as that has
// something there: the steps of a JSON pointer, and whether it has all of the path.
func (f *Fault) Within(p *tree.Value) (steps []string, all bool) {
	s := Pod()
	for _, step := range f.Path {
		key := step.Name
		if step.kind == stepElement {
			i := slices.IndexFunc(p.Items(), func(item *tree.Value) bool { return item.Get(s.Identity()).Text() == step.Name })
			if n, err := strconv.Atoi(step.Name); i < 0 && err == nil && n < p.Len() {
				i = n
			}
			if i < 0 {
				return steps, false
			}
			s, p, key = s.Element(), p.Items()[i], strconv.Itoa(i)
		} else if s, p = s.Field(step.Name), p.Get(step.Name); p == nil {
			return steps, false
		}
		steps = append(steps, key)
	}
	return steps, true
}

// Least is how many steps of the path something has to have to be what is wrong: all of
// them but for a field, which may be the very one that is missing. Of what stands deep in
// an element of a list, as a container, the element is enough.
func (f *Fault) Least() int {
	least := len(f.Path)
	if least > 2 && f.Path[least-1].kind == stepField {
		least--
	}
	return min(least, 3)
}

// Below is the fault as it looks from further down its path, where people know the place
// by another name.
func (f *Fault) Below(steps int, place string) *Fault {
	below := *f
	below.Path, below.under = f.Path[min(steps, len(f.Path)):], place
	return &below
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
