package rule

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// keepNamed puts back the labels and annotations that were taken off, but that the
// workload names elsewhere: it relies on them, whoever wrote them.
func (r *Removal) keepNamed(injected *tree.Value) {
	for _, kind := range []string{"labels", "annotations"} {
		var by map[string]string
		left := lookup{object: r.pod.Get("metadata", kind)}
		for _, m := range injected.Get("metadata", kind).Members() {
			if left.get(m.Key) != nil || slices.Contains(injectors, m.Key) {
				continue
			}
			if by == nil {
				by = r.namedBy(kind)
			}
			if place, ok := by[m.Key]; ok {
				r.pod = r.pod.WithAt(m.Value, "metadata", kind, m.Key)
				path := "metadata." + kind + "." + m.Key
				r.notes = slices.DeleteFunc(r.notes, func(n Note) bool { return n.Path == path })
				r.note(path, "injection sets it to %q, but %s names it, so it stays", m.Value.Text(), place)
			}
		}
	}
}

// namedBy says where the labels or annotations are named that the workload relies on.
func (r *Removal) namedBy(kind string) map[string]string {
	by := map[string]string{}
	for _, m := range r.pod.Get("spec").Members() {
		collectNamed(m.Value, kind, "spec."+m.Key, by)
	}
	if kind == "labels" {
		for _, key := range r.workload.Selected {
			by[key] = "the selector of " + r.workload.Kind + " " + r.workload.Name
		}
	}
	return by
}

// collectNamed finds the keys in label selectors, of affinity and of how pods are spread,
// and those that the downward API is asked for.
func collectNamed(v *tree.Value, kind, place string, by map[string]string) {
	for _, item := range v.Items() {
		at := place
		if name := item.Get("name").Text(); name != "" {
			at += "[" + name + "]"
		}
		collectNamed(item, kind, at, by)
	}
	for _, m := range v.Members() {
		switch {
		case m.Key == "fieldPath":
			if key, ok := strings.CutPrefix(m.Value.Text(), "metadata."+kind+"['"); ok {
				by[strings.TrimSuffix(key, "']")] = place
			}
		case m.Key == "labelSelector" && kind == "labels":
			for _, key := range pod.SelectedBy(m.Value) {
				by[key] = place
			}
		default:
			collectNamed(m.Value, kind, place+"."+m.Key, by)
		}
	}
}
