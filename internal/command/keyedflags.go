package command

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// setFlags sets flags from the keys of a document, which are their names without
// the dashes. A value is a scalar, or a list of them, which gives a flag several
// times. Errors begin with where the keys are.
func setFlags(flags *pflag.FlagSet, where string, values map[string]any) error {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if flags.Lookup(name) == nil {
			note(fmt.Errorf("unknown key %q; the keys are %s", name, strings.Join(namesOf(flags), ", ")))
			continue
		}
		list, isList := values[name].([]any)
		if !isList {
			list = []any{values[name]}
		}
		for _, v := range list {
			switch v.(type) {
			case string, bool, float64:
				note(flags.Set(name, fmt.Sprint(v))) // its error names the flag
			default:
				note(fmt.Errorf("%s: want a string, a number, a boolean, or a list of them", name))
			}
		}
	}
	return errors.Join(errs...)
}

func namesOf(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
