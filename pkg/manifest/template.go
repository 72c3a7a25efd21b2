package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// templates lists the pod templates of an object of a kind, each as a Kind whose
// paths lead to one place.
func (d *document) templates(n *node, of []Kind) ([]Kind, error) {
	var list []Kind
	var missing []error
	for _, k := range of {
		found, err := d.expand(n, k)
		if absent, ok := errors.AsType[*absentError](err); ok {
			missing = append(missing, absent)
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	// Of several templates one is enough.
	if len(missing) < len(of) || of[0].Optional {
		return list, nil
	}
	err := errors.Join(missing...)
	if isWorkloadOfKubernetes(of[0]) {
		return nil, &patchError{err.Error()}
	}
	return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", " and "))
}

// absentError says that an object lacks what a path leads to.
type absentError struct{ path []string }

func (e *absentError) Error() string { return "there is no " + showIndexes(e.path) }

// expand follows the paths of a kind to each place that they lead to.
func (d *document) expand(n *node, k Kind) ([]Kind, error) {
	many := slices.IndexFunc(k.Spec, func(step string) bool { return step == EachItem || step == EachMember })
	if many < 0 {
		spec, at, err := d.descend(n, k.Spec)
		switch {
		case err != nil:
			return nil, err
		case spec == nil && len(at) < len(k.Spec):
			return nil, &absentError{at}
		}
		return []Kind{k}, nil
	}
	each, at, err := d.descend(n, k.Spec[:many])
	if err != nil {
		return nil, err
	}
	if each == nil {
		return nil, &absentError{at}
	}
	steps, err := d.stepsOf(each, k.Spec[many])
	if err != nil {
		return nil, fmt.Errorf("%s is %w", showIndexes(k.Spec[:many]), err)
	}
	list := []Kind{}
	for _, step := range steps {
		one := k
		one.Spec, one.Metadata = slices.Clone(k.Spec), slices.Clone(k.Metadata)
		one.Spec[many], one.Metadata[many] = step, step
		below, err := d.expand(n, one)
		if _, ok := errors.AsType[*absentError](err); ok && k.Optional {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, below...)
	}
	return list, nil
}

// stepsOf lists the steps that a step to each of a value's parts stands for.
func (d *document) stepsOf(n *node, each string) ([]string, error) {
	n = deref(n)
	var steps []string
	switch {
	case each == EachItem && n.form == arrayForm:
		for i := range n.entries {
			steps = append(steps, strconv.Itoa(i))
		}
	case each == EachMember && n.form == objectForm:
		members, err := d.members(n)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			steps = append(steps, m.name)
		}
	case each == EachItem:
		return nil, fmt.Errorf("%s, not an array", n.typeName())
	default:
		return nil, fmt.Errorf("%s, not an object", n.typeName())
	}
	return steps, nil
}

// showIndexes is a path with its indexes in brackets.
func showIndexes(steps []string) string {
	var b strings.Builder
	for i, step := range steps {
		_, err := strconv.Atoi(step)
		switch {
		case i > 0 && err == nil:
			b.WriteString("[" + step + "]")
		case i > 0 && step != EachItem:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

// pod is the JSON of an object's pod template.
func (d *document) pod(f found) ([]byte, error) {
	object, err := d.object(f.path)
	if err != nil {
		return nil, err
	}
	spec, at, err := d.descend(object, f.kind.Spec)
	if err != nil {
		return nil, err
	}
	if spec == nil {
		return nil, &absentError{at}
	}
	if spec.form != objectForm {
		return nil, fmt.Errorf("%s is %s, not an object", showIndexes(f.kind.Spec), spec.typeName())
	}
	// The spec takes about as much in JSON as in YAML, which has no quotes.
	b := append(make([]byte, 0, len(`{"spec":}`)+512+spec.end-spec.start), '{')
	if b, err = d.appendMetadata(b, object, f.kind); err != nil {
		return nil, err
	}
	if b, err = d.appendJSON(append(b, `"spec":`...), spec, 0); err != nil {
		return nil, err
	}
	return append(b, '}'), nil
}

// selected are the labels by which an object finds its pods: its selector stands beside
// the pod template.
func (d *document) selected(f found) ([]string, error) {
	if len(f.kind.Spec) < 2 {
		return nil, nil
	}
	object, err := d.object(f.path)
	if err != nil {
		return nil, err
	}
	beside := f.kind.Spec[:len(f.kind.Spec)-2]
	selector, _, err := d.descend(object, slices.Concat(beside, []string{"selector"}))
	if selector == nil || err != nil {
		return nil, nil // what is wrong with it is the API server's to say
	}
	text, err := d.appendJSON(nil, selector, 0)
	if err != nil {
		return nil, err
	}
	value, err := tree.Parse(text)
	return pod.SelectedBy(value), err
}

// object is the object at a path from the document's root.
func (d *document) object(path []string) (object *node, err error) {
	object = d.root
	for _, segment := range path {
		if object, _, err = d.child(object, segment); err != nil {
			return nil, err
		}
	}
	return object, nil
}
