package mesh

import (
	"errors"
	"fmt"
	"reflect"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// setDropped sets the fields of a DroppedMesh or DroppedProxy that an object names,
// but durations that were not there at the time, which have no default.
func setDropped(into any, v *tree.Value) error {
	var errs []error
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("json")
		given := v.Get(name)
		if given.Kind() == tree.Null {
			continue
		}
		var value any
		wanted, ok := "a text", false
		switch fields.Field(i).Interface().(type) {
		case string:
			value, ok = given.Str()
		case bool:
			wanted = "true or false"
			value, ok = given.True(), given.Kind() == tree.Bool
		case *durationpb.Duration:
			if fields.Field(i).IsNil() {
				continue
			}
			d, err := duration(given)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
				continue
			}
			value, ok = d, true
		}
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s is wanted, not %s", name, wanted, tree.Describe(given)))
			continue
		}
		fields.Field(i).Set(reflect.ValueOf(value))
	}
	return errors.Join(errs...)
}
