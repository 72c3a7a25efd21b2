package podtemplate

import (
	"fmt"

	kjson "sigs.k8s.io/json"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Values is what the ConfigMap's key "values" holds.
type Values map[string]any

// ParseValues reads values. Whole numbers are whole: they print as they are written.
func ParseValues(text []byte) (Values, error) {
	read, err := tree.ParseYAMLLastCounts(string(text))
	if err != nil {
		return nil, err
	}
	var v map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(read.JSON(), &v); err != nil {
		return nil, err
	}
	return v, nil
}

func (v Values) at(keys ...string) any {
	var at any = map[string]any(v)
	for _, key := range keys {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[key]
	}
	return at
}

// Text returns a value as it prints, whatever its type: a tag may be a number.
func (v Values) Text(keys ...string) string {
	switch at := v.at(keys...).(type) {
	case nil:
		return ""
	case string:
		return at
	default:
		return fmt.Sprint(at)
	}
}

// Flag says whether a value is true.
func (v Values) Flag(keys ...string) bool {
	b, _ := v.at(keys...).(bool)
	return b
}
