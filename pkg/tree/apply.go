package tree

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Apply returns what a patch makes of a value. Errors name the operation.
func Apply(v *Value, patch Patch) (*Value, error) {
	for _, o := range patch {
		var value *Value
		var err error
		switch o.Operation {
		case "add", "replace":
			value, err = Parse(TextOf(o))
		case "remove":
		default:
			err = errors.New("not an operation that is known here")
		}
		if err == nil {
			v, err = change(v, Steps(o.Path), o.Operation, value)
		}
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.Operation, o.Path, err)
		}
	}
	return v, nil
}

func change(v *Value, steps []string, op string, value *Value) (*Value, error) {
	if len(steps) == 0 {
		return value, nil
	}
	step, last := steps[0], len(steps) == 1
	switch v.Kind() {
	case Object:
		old := v.Get(step)
		switch {
		case old == nil && (!last || op != "add"):
			return nil, fmt.Errorf("there is no %s", Extract(step))
		case last && op == "remove":
			return v.Without(step), nil
		}
		changed, err := change(old, steps[1:], op, value)
		if err != nil {
			return nil, err
		}
		return v.With(step, changed), nil
	case Array:
		i, err := strconv.Atoi(step)
		size := len(v.Items())
		if last && op == "add" {
			size++
		}
		if err != nil || i < 0 || i >= size {
			return nil, fmt.Errorf("%s is no index of a list of %d", Extract(step), v.Len())
		}
		switch {
		case last && op == "add":
			return NewArray(slices.Insert(slices.Clone(v.Items()), i, value)...), nil
		case last && op == "remove":
			return NewArray(slices.Delete(slices.Clone(v.Items()), i, i+1)...), nil
		}
		changed, err := change(v.Items()[i], steps[1:], op, value)
		if err != nil {
			return nil, err
		}
		items := slices.Clone(v.Items())
		items[i] = changed
		return NewArray(items...), nil
	default:
		return nil, fmt.Errorf("a %s has no %s", v.Kind(), Extract(step))
	}
}
