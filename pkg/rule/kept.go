package rule

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// keptMember of a status is there where what the workload itself says looks just like
// what injection writes, or cannot be told from it: annotations that stay when the
// injection is taken off, and the place that its own proxy had among its containers.
const keptMember = "kept"

// restMember of what is kept is the rest of the pod, which would be taken for something
// else.
const restMember = "rest"

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

// maxRest is how many bytes are spent on a rest: all annotations of a pod have 256 KiB.
const maxRest = 32 << 10

// rest takes the injection off again, and says what that gets wrong; nil where there is
// nothing to say.
func (f *Facts) rest(injected, status *tree.Value) (*tree.Value, error) {
	r, err := newRemoval(injected, status, f.Workload)
	if err != nil {
		return nil, err
	}
	r.trial = true
	r.revert(All)
	rest := restOf(r.pod, f.Came)
	if rest == nil || len(rest.JSON()) > maxRest {
		return nil, nil
	}
	return rest, nil
}

// putRest puts back what the status remembers. What was in doubt is not where it
// remembers all.
func (r *Removal) putRest() {
	rest := r.status.Get(keptMember, restMember)
	if rest.Kind() != tree.Object {
		return
	}
	mended := laid{pod: r.pod}
	mended.mend(rest)
	r.pod = mended.pod
	r.notes = slices.DeleteFunc(r.notes, func(n Note) bool {
		return n.Doubt || slices.ContainsFunc(mended.paths, func(path string) bool { return strings.HasPrefix(path, n.Path) })
	})
}
