package rule

import (
	"cmp"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Status writes annotation sidecar.istio.io/status: what the templates put in, so
// that another injection can tell it from what the user wrote.
type Status struct {
	// Version is that of the template, in formats of one template (1.0 to 1.8). The
	// others say the revision.
	Version string
}

// Name implements Rule.
func (Status) Name() string { return "status" }

// Apply implements Rule.
func (s Status) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	lists := make([]tree.Member, 0, 5)
	if s.Version != "" {
		lists = append(lists, tree.Member{Key: "version", Value: tree.NewString(s.Version)})
	}
	for _, list := range statusLists {
		names := tree.NewNull()
		if items := pod.List(f.Template, list); len(items) > 0 {
			names = pod.NameValues(items)
		}
		lists = append(lists, tree.Member{Key: list, Value: names})
	}
	if s.Version == "" {
		lists = append(lists, tree.Member{Key: "revision", Value: tree.NewString(cmp.Or(f.Revision, defaultRevision))})
	}
	if kept := f.kept(p); kept.Len() > 0 && s.Version == "" {
		lists = append(lists, tree.Member{Key: keptMember, Value: kept})
	}
	return pod.WithAnnotation(p, pod.StatusKey, string(tree.NewObject(lists...).JSON())), nil
}

// keptMember of a status is there where what the workload itself says looks just like
// what injection writes, or cannot be told from it: annotations that stay when the
// injection is taken off, and the place that its own proxy had among its containers.
const keptMember = "kept"

func (f *Facts) kept(p *tree.Value) *tree.Value {
	if before := StatusOf(f.Original); before != nil {
		return before.Get(keptMember)
	}
	kept := tree.NewObject()
	var annotations []string
	for _, key := range []string{pod.DefaultContainerKey, pod.DefaultLogsKey} {
		own, ok := pod.Annotations(f.Original).Get(key)
		if ok && own == firstContainer(f.Original) && own == pod.Annotations(p).Value(key) {
			annotations = append(annotations, key)
		}
	}
	if len(annotations) > 0 {
		kept = kept.With("annotations", tree.NewStrings(annotations))
	}
	containers := pod.List(f.Original, "containers")
	usual := len(containers) - 1 // where taking the injection off leaves it
	if _, _, injected := pod.FindProxy(f.Template); injected == nil && f.Mesh.HoldApplication {
		usual = 0
	}
	if i := pod.Index(containers, pod.ProxyContainer); i >= 0 && i != usual {
		kept = kept.With("proxy", tree.NewInt(int64(i)))
	}
	return kept
}

// firstContainer is the name of the workload's first container.
func firstContainer(p *tree.Value) string {
	for _, c := range pod.List(p, "containers") {
		if name := c.Get("name").Text(); name != pod.ProxyContainer {
			return name
		}
	}
	return ""
}

// defaultRevision is the name of the revision without a name.
const defaultRevision = "default"

// statusLists are the lists of a pod's spec whose elements the status names.
var statusLists = []string{"initContainers", "containers", "volumes", "imagePullSecrets"}

// Revert takes the status off, and what else injection remembers there, once no
// other rule reads it.
func (Status) Revert(r *Removal) {
	r.atEnd(func() {
		for _, key := range []string{pod.StatusKey, pod.OverridesKey, pod.RecordKey} {
			r.drop("metadata", "annotations", key)
		}
	})
}

// StatusOf reads the status of an earlier injection. Nil where there is none, and where
// what stands there is no status: nobody's injection can be told from it.
func StatusOf(p *tree.Value) *tree.Value {
	status, _ := readStatus(p)
	return status
}

// UnreadableStatus says that the pod has a status that is none.
func UnreadableStatus(p *tree.Value) bool {
	_, ok := readStatus(p)
	return !ok
}

// readStatus reads the status, nil for none; ok is false where what stands there is not
// what injectors write.
func readStatus(p *tree.Value) (status *tree.Value, ok bool) {
	status, err := pod.JSONAnnotation(p, pod.StatusKey)
	if err != nil {
		return nil, false
	}
	noName := func(name *tree.Value) bool { return name.Kind() != tree.String }
	for _, list := range statusLists {
		names := status.Get(list)
		if names == nil || names.Kind() == tree.Null {
			continue
		}
		if names.Kind() != tree.Array || slices.ContainsFunc(names.Items(), noName) {
			return nil, false
		}
	}
	return status, true
}

// WithoutStatus drops a status that is there.
func WithoutStatus(p *tree.Value) *tree.Value {
	return pod.WithoutAnnotations(p, func(key string) bool { return key == pod.StatusKey })
}

// statusNames are the names that a status has of a list.
func statusNames(status *tree.Value, list string) []string {
	var names []string
	for _, name := range status.Get(list).Items() {
		names = append(names, name.Text())
	}
	return slices.Clip(names)
}
