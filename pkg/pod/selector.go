package pod

import "github.com/outrigger-io/outrigger/pkg/tree"

// SelectedBy are the labels that a selector names: one of label selectors, or a plain
// object of labels.
func SelectedBy(selector *tree.Value) []string {
	var keys []string
	for _, m := range selector.Members() {
		switch {
		case m.Key == "matchLabels" && m.Value.Kind() == tree.Object:
			for _, label := range m.Value.Members() {
				keys = append(keys, label.Key)
			}
		case m.Key == "matchExpressions" && m.Value.Kind() == tree.Array:
			for _, expression := range m.Value.Items() {
				keys = append(keys, expression.Get("key").Text())
			}
		default:
			keys = append(keys, m.Key)
		}
	}
	return keys
}
