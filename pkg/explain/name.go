package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/internal/spelling"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ParseName takes the name of a field apart, as people write it:
// spec.containers[istio-proxy].image, spec.containers[0], metadata.annotations[a/b].
// A JSON pointer is one, too.
func ParseName(name string) (steps []string, err error) {
	if strings.HasPrefix(name, "/") {
		return tree.Steps(name), nil
	}
	rest := "." + strings.TrimPrefix(name, ".")
	for rest != "" {
		end := 0
		switch rest[0] {
		case '.':
			if end = strings.IndexAny(rest[1:], ".[") + 1; end == 0 {
				end = len(rest)
			}
			steps = append(steps, rest[1:end])
			rest = rest[end:]
		case '[':
			if end = strings.IndexByte(rest, ']'); end < 0 {
				return nil, fmt.Errorf("%q: the bracket is not closed", name)
			}
			steps = append(steps, strings.Trim(rest[1:end], `"'`))
			rest = rest[end+1:]
		default:
			return nil, fmt.Errorf("%q: a dot or a bracket is wanted before %q", name, rest)
		}
		if steps[len(steps)-1] == "" {
			return nil, fmt.Errorf("%q: a name is missing in it; one looks like spec.containers[istio-proxy].image", name)
		}
	}
	return steps, nil
}

// MissingError is that a document has no such field.
type MissingError struct {
	// Name is the field's, and Nearest one that there is; empty where none comes close.
	Name, Nearest string
	// At is as far as there is something, and Has what there is.
	At  string
	Has []string
	// isElement says that it is an element of a list that there is none of.
	isElement bool
}

func (e *MissingError) Error() string {
	switch {
	case e.Nearest != "":
		return fmt.Sprintf("there is no field %s; did you mean %s?", e.Name, e.Nearest)
	case len(e.Has) == 0:
		return fmt.Sprintf("there is no field %s: nothing is below %s", e.Name, e.At)
	default:
		return fmt.Sprintf("there is no field %s; %s has %s", e.Name, orPod(e.At), strings.Join(e.Has, ", "))
	}
}

func orPod(at string) string {
	if at == "" {
		return "the pod"
	}
	return at
}

// Find finds a field, and returns its JSON pointer and its name as it stands in the
// document. A container is found in whichever of a pod's lists it is.
func Find(document *tree.Value, steps []string) (pointer, name string, err error) {
	var nearest *MissingError
	for _, steps := range inEitherList(document, steps) {
		pointer, name, missing := find(document, steps)
		if missing == nil {
			return pointer, name, nil
		}
		if nearest == nil || nearest.Nearest == "" && missing.Nearest != "" {
			nearest = missing
		}
	}
	return "", "", nearest
}

// nameOf is how people write a path whose elements of lists are named.
func nameOf(steps []string) string {
	name := ""
	for n, step := range steps {
		if schema := podmerge.Pod(); schema.IsElement(steps[:n+1]) {
			name += "[" + step + "]"
		} else {
			name += MemberName(step)
		}
	}
	return trimDot(name)
}

func find(v *tree.Value, steps []string) (pointer, name string, missing *MissingError) {
	var at []byte
	for n, step := range steps {
		child, segment, shown := childOf(v, step)
		if child == nil {
			return "", "", missingOf(v, steps, n)
		}
		at = tree.AppendStep(at, segment)
		v, name = child, trimDot(name+shown)
	}
	return string(at), name, nil
}

// childOf is a member, or an item by its name or index.
func childOf(v *tree.Value, step string) (child *tree.Value, segment, shown string) {
	if v.Kind() != tree.Array {
		return v.Get(step), step, MemberName(step)
	}
	for i, item := range v.Items() {
		if item.Get("name").Text() == step {
			return item, strconv.Itoa(i), IndexName(strconv.Itoa(i), item)
		}
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < v.Len() {
		return v.Items()[i], step, IndexName(step, v.Items()[i])
	}
	return nil, "", ""
}

// missingOf tells of a document's field that v, n steps on, does not have.
func missingOf(v *tree.Value, steps []string, n int) *MissingError {
	missing := &MissingError{At: nameOf(steps[:n]), Name: nameOf(steps), isElement: v.Kind() == tree.Array}
	for _, m := range v.Members() {
		missing.Has = append(missing.Has, m.Key)
	}
	for i, item := range v.Items() {
		missing.Has = append(missing.Has, cmp.Or(item.Get("name").Text(), strconv.Itoa(i)))
	}
	if near := spelling.Nearest(steps[n], missing.Has); near != "" {
		nearest := slices.Clone(steps)
		nearest[n] = near
		missing.Nearest = nameOf(nearest)
	}
	return missing
}

// MemberName is how people write a member in a path.
func MemberName(key string) string {
	for _, r := range key {
		if !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "[" + key + "]"
		}
	}
	return "." + key
}

// IndexName is how people write an item in a path: by its name, if it has one.
func IndexName(index string, item *tree.Value) string {
	if name, ok := item.Get("name").Str(); ok && name != "" {
		return "[" + name + "]"
	}
	return "[" + index + "]"
}

func trimDot(name string) string {
	if name != "" && name[0] == '.' {
		return name[1:]
	}
	return name
}
