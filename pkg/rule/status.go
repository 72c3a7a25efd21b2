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
	// Remember has it say all that could not be told from the pod when the injection is
	// taken off. Where a control plane's installer wrote the configuration, it says
	// little more than what that control plane says.
	Remember bool
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
	status := tree.NewObject(lists...)
	injected := withStatus(p, status)
	if !s.Remember || StatusOf(f.Original) != nil || f.comesBack(injected) {
		return injected, nil
	}
	rest, err := f.rest(injected, status)
	if err != nil || rest == nil {
		return injected, err
	}
	return withStatus(p, status.WithAt(rest, keptMember, restMember)), nil
}

func withStatus(p, status *tree.Value) *tree.Value {
	return pod.WithAnnotation(p, pod.StatusKey, string(status.JSON()))
}

// defaultRevision is the name of the revision without a name.
const defaultRevision = "default"

// statusLists are the lists of a pod's spec whose elements the status names.
var statusLists = []string{"initContainers", "containers", "volumes", "imagePullSecrets"}

// injectors are the annotations that injection leaves for itself.
var injectors = []string{pod.StatusKey, pod.OverridesKey, pod.RecordKey}

// Revert takes the status off, and what else injection remembers there, once no
// other rule reads it.
func (Status) Revert(r *Removal) {
	r.atEnd(func() {
		for _, key := range injectors {
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
	items := status.Get(list).Items()
	names := make([]string, len(items))
	for i, name := range items {
		names[i] = name.Text()
	}
	return names
}
