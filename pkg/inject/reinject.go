package inject

import (
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// withoutInjection returns the pod as templates are to see it: without what an
// earlier injection put in, and with what the user wrote for those containers
// put back (spec: injection.md section 8).
func withoutInjection(pod *tree.Value, statusPort int32) (*tree.Value, error) {
	status, err := jsonAnnotation(pod, statusKey)
	if err != nil {
		return nil, err
	}
	if status != nil {
		for _, list := range containerLists {
			pod = withoutNamed(pod, list, status.Get(list))
		}
		if prometheusAnnotation(pod, portAnnotation) == strconv.Itoa(int(statusPort)) {
			pod = withoutPrometheusAnnotations(pod)
		}
		pod = withoutAnnotations(pod, func(key string) bool { return key == statusKey })
	}
	overrides, err := jsonAnnotation(pod, overridesKey)
	if err != nil {
		return nil, err
	}
	for _, list := range containerLists {
		for _, c := range overrides.Get(list).Items() {
			containers := specList(pod, list)
			if findNamed(containers, c.Get("name").Text()) == nil {
				pod = withSpecList(pod, list, append(slices.Clone(containers), c))
			}
		}
	}
	return pod, nil
}

// withoutNamed takes the elements with the given names off a list of the spec.
func withoutNamed(pod *tree.Value, list string, names *tree.Value) *tree.Value {
	kept := slices.DeleteFunc(slices.Clone(specList(pod, list)), func(c *tree.Value) bool {
		return listsName(names, c.Get("name").Text())
	})
	return withSpecList(pod, list, kept)
}
