package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Kind says where the objects of one kind keep a pod template. Versions of the
// API group are not told apart. A kind with several pod templates is several Kinds.
type Kind struct {
	// Group is the API group, empty for the core group.
	Group string
	// Name is the kind's name, such as "Deployment".
	Name string
	// Metadata and Spec are the members to go through, from the object, to the
	// pod's metadata and to the pod's spec. EachItem and EachMember in both, at the
	// same place, stand for every item of an array and every member of an object.
	Metadata, Spec []string
	// Outer are the members to go through to metadata further out, whose labels and
	// annotations count for the pod, too: after those of Metadata, which alone is
	// written to.
	Outer []string
	// Optional kinds may stand without a pod template; such objects pass
	// untouched. In others a missing template is an error.
	Optional bool
	// leftAlone is why Rewrite passes such objects untouched.
	leftAlone inject.Reason
}

// Steps of a Kind's paths that lead to more than one place.
const (
	EachItem   = "[]"
	EachMember = "*"
)

func templateAt(group, name string, path ...string) Kind {
	return Kind{
		Group:    group,
		Name:     name,
		Metadata: append(slices.Clone(path), "metadata"),
		Spec:     append(slices.Clone(path), "spec"),
	}
}

// ParseKind reads KIND.GROUP=path.to.podTemplate, for example
// "Rollout.argoproj.io=spec.template". A kind of the core group has no dot. A step
// that ends with "[]" goes on in every item of a list, as in
// "RayCluster.ray.io=spec.workerGroupSpecs[].template", and the step "*" in every
// member of an object.
func ParseKind(s string) (Kind, error) {
	name, path, ok := strings.Cut(s, "=")
	if !ok {
		return Kind{}, fmt.Errorf("workload kind %q: want KIND.GROUP=path.to.podTemplate", s)
	}
	kind, group, dotted := strings.Cut(name, ".")
	if kind == "" || (dotted && group == "") {
		return Kind{}, fmt.Errorf("workload kind %q: %q is no KIND.GROUP", s, name)
	}
	steps := parsePath(path)
	if slices.Contains(steps, "") || steps[len(steps)-1] == EachMember {
		return Kind{}, fmt.Errorf("workload kind %q: %q is no path to a pod template", s, path)
	}
	return templateAt(group, kind, steps...), nil
}

// parsePath splits a path as people write it into its steps.
func parsePath(path string) []string {
	var steps []string
	for step := range strings.SplitSeq(path, ".") {
		lists := 0
		for strings.HasSuffix(step, EachItem) {
			step = strings.TrimSuffix(step, EachItem)
			lists++
		}
		steps = append(steps, step)
		steps = append(steps, slices.Repeat([]string{EachItem}, lists)...)
	}
	return steps
}

// showPath is a path as people write it.
func showPath(steps []string) string {
	return strings.ReplaceAll(strings.Join(steps, "."), "."+EachItem, EachItem)
}

// TemplatePath is the path to the pod template, as for ParseKind, with the indexes of
// items where it has those.
func (k Kind) TemplatePath() string { return showIndexes(k.Spec[:len(k.Spec)-1]) }

// kinds finds kinds by group and name.
type kinds map[[2]string][]Kind

// builtinKinds are found in once, for all streams.
var builtinKinds = sync.OnceValue(func() kinds { return kindsOf(builtin) })

func kindsOf(list []Kind) kinds {
	all := make(kinds, len(list))
	for _, k := range list {
		id := [2]string{k.Group, k.Name}
		all[id] = append(all[id], k)
	}
	return all
}

// newKinds puts extra kinds in place of the built-in ones of their group and name. What
// it returns is not to change.
func newKinds(extra []Kind) kinds {
	if len(extra) == 0 {
		return builtinKinds()
	}
	all := maps.Clone(builtinKinds())
	maps.Copy(all, kindsOf(extra))
	return all
}

// noneLeftAlone are the same kinds, to be looked into all.
func (k kinds) noneLeftAlone() kinds {
	all := make(kinds, len(k))
	for id, list := range k {
		list = slices.Clone(list)
		for i := range list {
			list[i].leftAlone = ""
		}
		all[id] = list
	}
	return all
}

// find lists a kind's pod templates, none for a kind that is not known.
func (k kinds) find(apiVersion, kind string) []Kind {
	return k[[2]string{groupOf(apiVersion), kind}]
}

// listed is the kind of the items of a typed list, such as a DeploymentList;
// ok is false for anything else.
func (k kinds) listed(apiVersion, kind string) (item string, ok bool) {
	item, isList := strings.CutSuffix(kind, "List")
	if !isList || item == "" {
		return "", false
	}
	return item, k.find(apiVersion, item) != nil
}

func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}
