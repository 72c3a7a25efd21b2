package tree

import "fmt"

// Describe shows a value in an error: never a whole object, and of a long text or
// number its beginning.
func Describe(v *Value) string {
	switch v.Kind() {
	case Object:
		return "an object"
	case Array:
		return "a list"
	case String:
		return "the string " + Extract(v.Text())
	case Number:
		short, cut := firstCharacters(v.Text(), maxExtract)
		if cut {
			short += "..."
		}
		return short
	case Null:
		return "null"
	default:
		return v.Text()
	}
}

// ParseYAMLObject reads YAML that must be a mapping, or nothing.
func ParseYAMLObject(text []byte) (*Value, error) {
	v, err := ParseYAML(text)
	if err != nil {
		return nil, err
	}
	if k := v.Kind(); k != Object && k != Null {
		return nil, fmt.Errorf("an object is wanted, not %s", Describe(v))
	}
	return v, nil
}
