package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations by which a pod asks for volumes, and for mounts of its proxy.
const (
	userVolumeKey      = "sidecar.istio.io/userVolume"
	userVolumeMountKey = "sidecar.istio.io/userVolumeMount"
)

// checkUserVolumes and checkUserMounts hold what is asked for against what Kubernetes
// takes, so that the annotation is named for it and not the template that passes it on.
func checkUserVolumes(value string) error { return checkElements(value, "volume", "volumes") }

func checkUserMounts(value string) error {
	return checkElements(value, "mount", "containers", "volumeMounts")
}

// checkElements checks a JSON object of elements by name, or a list of them, each as one
// of a list of a pod's spec, or of its container's.
func checkElements(value, what string, list ...string) error {
	if value == "" {
		return nil
	}
	given, err := tree.Parse([]byte(value))
	if err != nil {
		return fmt.Errorf("it is no JSON: %w", err)
	}
	elements, err := namedElements(given, what)
	if err != nil {
		return err
	}
	container := tree.NewObject(tree.Member{Key: "name", Value: tree.NewString(what)}, tree.Member{Key: "image", Value: tree.NewString(what)})
	bare := tree.NewObject(tree.Member{Key: "spec", Value: tree.NewObject(tree.Member{Key: "containers", Value: tree.NewArray(container)})})
	asked, depth := bare.WithAt(tree.NewArray(elements...), "spec", list[0]), 2
	if len(list) > 1 {
		asked = bare.WithAt(tree.NewArray(container.With(list[1], tree.NewArray(elements...))), "spec", list[0])
		depth = 4
	}
	var errs []error
	for _, fault := range (podmerge.Result{Before: bare, After: asked, VolumesElsewhere: true}).Faults() {
		errs = append(errs, fault.Below(depth, what))
	}
	return errors.Join(errs...)
}

// namedElements are the elements as templates make them: the name by which one stands in
// an object, or its number in a list, is its own unless it says one.
func namedElements(given *tree.Value, what string) ([]*tree.Value, error) {
	var elements []*tree.Value
	var errs []error
	add := func(name string, element *tree.Value) {
		switch {
		case element.Kind() != tree.Object:
			errs = append(errs, fmt.Errorf("%s %s: an object is wanted, not %s", what, tree.Extract(name), tree.Describe(element)))
		case element.Get("name") == nil:
			named := slices.Insert(slices.Clone(element.Members()), 0, tree.Member{Key: "name", Value: tree.NewString(name)})
			elements = append(elements, tree.NewObject(named...))
		default:
			elements = append(elements, element)
		}
	}
	switch given.Kind() {
	case tree.Object:
		for _, m := range given.Members() {
			add(m.Key, m.Value)
		}
	case tree.Array:
		for i, item := range given.Items() {
			add(strconv.Itoa(i), item)
		}
	default:
		return nil, fmt.Errorf("an object of %ss by name, or a list of them, is wanted, not %s", what, tree.Describe(given))
	}
	return elements, errors.Join(errs...)
}
