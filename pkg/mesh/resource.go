package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	networking "istio.io/api/networking/v1beta1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Resource is a ProxyConfig of the API group networking.istio.io: settings for all
// proxies of a mesh, a namespace or a workload.
type Resource struct {
	Namespace, Name string

	created time.Time
	spec    *networking.ProxyConfig
	says    string // its spec as JSON
}

// IsResource says whether an object is a ProxyConfig resource.
func IsResource(v *tree.Value) bool {
	group, version, ok := strings.Cut(v.Get("apiVersion").Text(), "/")
	return ok && group == "networking.istio.io" && version == "v1beta1" && v.Get("kind").Text() == "ProxyConfig"
}

// ParseResource reads a ProxyConfig resource.
func ParseResource(v *tree.Value) (*Resource, error) {
	meta := v.Get("metadata")
	r := &Resource{Namespace: meta.Get("namespace").Text(), Name: meta.Get("name").Text(), spec: &networking.ProxyConfig{}, says: string(v.Get("spec").JSON())}
	err := reader{}.set(r.spec.ProtoReflect(), v.Get("spec"), "spec")
	if n := r.spec.GetConcurrency().GetValue(); n < 0 {
		err = errors.Join(err, fmt.Errorf("spec.concurrency: %d is negative", n))
	}
	if text := meta.Get("creationTimestamp").Text(); text != "" {
		var wrong error
		if r.created, wrong = time.Parse(time.RFC3339, text); wrong != nil {
			err = errors.Join(err, fmt.Errorf("metadata.creationTimestamp: %q is no time", text))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ProxyConfig %s: %w", r, err)
	}
	return r, nil
}

// String is the namespace and name of the resource.
func (r *Resource) String() string { return r.Namespace + "/" + r.Name }

func (r *Resource) labels() map[string]string { return r.spec.GetSelector().GetMatchLabels() }

// Resources are all ProxyConfig resources, ready to be selected from. Nothing
// changes them.
type Resources struct {
	byNamespace map[string][]*Resource // the oldest first, as it is the one that counts
}

// NewResources orders resources.
func NewResources(all ...*Resource) *Resources {
	rs := &Resources{byNamespace: map[string][]*Resource{}}
	for _, r := range all {
		rs.byNamespace[r.Namespace] = append(rs.byNamespace[r.Namespace], r)
	}
	for _, list := range rs.byNamespace {
		slices.SortFunc(list, func(a, b *Resource) int {
			return cmp.Or(a.created.Compare(b.created), strings.Compare(a.Name, b.Name))
		})
	}
	return rs
}

// Selected are the resources that count for a pod, nil where there is none: of the
// root namespace, of the pod's own, and the one whose selector has the pod's labels.
type Selected struct{ Mesh, Namespace, Workload *Resource }

// Likeness tells one selection from another by what the resources say: nothing else of
// them reaches a pod.
func (s Selected) Likeness() string {
	var b strings.Builder
	for _, r := range []*Resource{s.Mesh, s.Namespace, s.Workload} {
		if r != nil {
			b.WriteString(r.says)
		}
		b.WriteByte(0)
	}
	return b.String()
}

// For selects the resources of a pod. Of several at one level the oldest counts,
// alone. Nil Resources have none.
func (rs *Resources) For(root, namespace string, label func(key string) (value string, ok bool)) Selected {
	var s Selected
	if rs == nil {
		return s
	}
	s.Mesh = firstResource(rs.byNamespace[root], unselective)
	if namespace != root {
		s.Namespace = firstResource(rs.byNamespace[namespace], unselective)
	}
	s.Workload = firstResource(rs.byNamespace[namespace], func(r *Resource) bool {
		for key, wanted := range r.labels() {
			if value, ok := label(key); !ok || value != wanted {
				return false
			}
		}
		return !unselective(r)
	})
	return s
}

func unselective(r *Resource) bool { return len(r.labels()) == 0 }

func firstResource(list []*Resource, counts func(*Resource) bool) *Resource {
	if i := slices.IndexFunc(list, counts); i >= 0 {
		return list[i]
	}
	return nil
}
