package explain

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Absence is why a pod does not have a field, or that it has it.
type Absence struct {
	// Name is the field's.
	Name string `json:"name"`
	// There says that the pod has it, and By what wrote it, nil where it is the
	// workload's own.
	There bool           `json:"there"`
	By    *inject.Writer `json:"by,omitempty"`
	// Conditions are those of templates that kept it out.
	Conditions []inject.Condition `json:"conditions,omitempty"`
}

// WhyNot says why the pod does not have a field after injection. The error is that no
// pod can have it, or that the name of something on the way to it is misspelt.
func (e *Explanation) WhyNot(steps []string) (Absence, error) {
	a := Absence{Name: nameOf(steps)}
	if unknown := podmerge.Pod().Lookup(steps); unknown != nil {
		return a, unknownField(steps, unknown)
	}
	after := e.Pod.Value()
	path, name, err := Find(after, steps)
	if err == nil {
		a.Name, a.There = name, true
		if n := slices.IndexFunc(e.Fields, func(f Field) bool { return f.By != nil && isAtOrBelow(f.Path, path) }); n >= 0 {
			a.By = e.Fields[n].By
		}
		return a, nil
	}
	if !e.Result.Decision.Inject {
		return a, nil
	}
	for _, steps := range inEitherList(after, steps) {
		if a.Conditions = e.Account.WhyNot(pointer(steps)); len(a.Conditions) > 0 {
			a.Name = nameOf(steps)
			return a, nil
		}
	}
	// The name of a list's element that nobody has may be misspelt.
	if missing := (*MissingError)(nil); errors.As(err, &missing) && missing.Nearest != "" && missing.isElement {
		return a, missing
	}
	return a, nil
}

func isAtOrBelow(path, at string) bool { return path == at || strings.HasPrefix(path, at+"/") }

// unknownField is that no pod can have a field.
func unknownField(steps []string, unknown *podmerge.Unknown) error {
	if unknown.Nearest == "" {
		return fmt.Errorf("there is no field %s: Kubernetes knows none of that name", nameOf(steps[:unknown.N+1]))
	}
	nearest := slices.Clone(steps)
	nearest[unknown.N] = unknown.Nearest
	return &MissingError{Name: nameOf(steps), Nearest: nameOf(nearest)}
}

// inEitherList are the steps, and those in the other list of containers.
func inEitherList(p *tree.Value, steps []string) [][]string {
	all := [][]string{steps}
	if len(steps) < 3 || steps[0] != "spec" || !slices.Contains(pod.ContainerLists, steps[1]) {
		return all
	}
	for _, list := range pod.ContainerLists {
		if list == steps[1] {
			continue
		}
		other := slices.Concat([]string{"spec", list}, steps[2:])
		if pod.Index(p.Get("spec", list).Items(), steps[2]) >= 0 {
			all = slices.Insert(all, 0, other)
		} else {
			all = append(all, other)
		}
	}
	return all
}

func pointer(steps []string) string {
	var path []byte
	for _, step := range steps {
		path = tree.AppendStep(path, step)
	}
	return string(path)
}
