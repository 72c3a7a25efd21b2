package pod

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// AnnotationError says that an annotation of the pod has a value that cannot be used.
type AnnotationError struct {
	Key string
	Err error
}

func (e *AnnotationError) Error() string { return "annotation " + e.Key + ": " + e.Err.Error() }

func (e *AnnotationError) Unwrap() error { return e.Err }

// JSONAnnotation reads an annotation that holds JSON; nil where there is none.
func JSONAnnotation(p *tree.Value, key string) (*tree.Value, error) {
	text, ok := Annotations(p).Get(key)
	if !ok {
		return nil, nil
	}
	v, err := tree.Parse([]byte(text))
	if err == nil && v.Kind() != tree.Object {
		err = fmt.Errorf("an object is wanted, not %s", tree.Describe(v))
	}
	if err != nil {
		return nil, &AnnotationError{key, err}
	}
	return v, nil
}

// ListsName says whether a status names a container: then an earlier injection
// put it into the pod, not the user.
func ListsName(names *tree.Value, name string) bool {
	return slices.ContainsFunc(names.Items(), func(n *tree.Value) bool { return n.Text() == name })
}

// Overrides are what an earlier injection remembers of containers, nil for nothing. Null
// is nothing, too, as it is to the mesh's injector.
func Overrides(p *tree.Value) (*tree.Value, error) {
	if strings.TrimSpace(Annotations(p).Value(OverridesKey)) == "null" {
		return nil, nil
	}
	remembered, err := JSONAnnotation(p, OverridesKey)
	if err != nil {
		return nil, err
	}
	for _, list := range ContainerLists {
		if err := namedContainers(remembered.Get(list)); err != nil {
			return nil, &AnnotationError{OverridesKey, fmt.Errorf("%s: %w", list, err)}
		}
	}
	return remembered, nil
}

// namedContainers says what is wrong with a list of containers, which may be missing.
func namedContainers(list *tree.Value) error {
	if k := list.Kind(); list != nil && k != tree.Array && k != tree.Null {
		return fmt.Errorf("a list is wanted, not %s", tree.Describe(list))
	}
	for i, c := range list.Items() {
		switch {
		case c.Kind() != tree.Object:
			return fmt.Errorf("element %d: an object is wanted, not %s", i, tree.Describe(c))
		case c.Get("name").Kind() != tree.String:
			return fmt.Errorf("element %d: it has no name", i)
		}
	}
	return nil
}
