package explain

import "github.com/outrigger-io/outrigger/pkg/tree"

// memberName is how people write a member in a path.
func memberName(key string) string {
	for _, r := range key {
		if !(r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "[" + key + "]"
		}
	}
	return "." + key
}

// indexName is how people write an item in a path: by its name, if it has one.
func indexName(index string, item *tree.Value) string {
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
