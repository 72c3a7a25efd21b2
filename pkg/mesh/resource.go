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

// The API of ProxyConfig resources.
const (
	ResourceGroup   = "networking.istio.io"
	ResourceVersion = "v1beta1"
	ResourceKind    = "ProxyConfig"
)

// Resource is a ProxyConfig of the API group networking.istio.io: settings for all
// proxies of a mesh, a namespace or a workload. There may be ten thousand of them, so
// it is kept as short text, and read again for each pod that it is laid over.
type Resource struct {
	Namespace, Name string

	created  int64         // in seconds
	selector []wantedLabel // sorted by key
	says     string        // the rest of its spec, as JSON
}

type wantedLabel struct{ key, value string }

// ParseResource reads a ProxyConfig resource. One that names no namespace is of the one
// that is given.
func ParseResource(v *tree.Value, namespace string) (*Resource, error) {
	meta := v.Get("metadata")
	var created time.Time
	var err error
	if text := meta.Get("creationTimestamp").Text(); text != "" {
		if created, err = time.Parse(time.RFC3339, text); err != nil {
			err = fmt.Errorf("metadata.creationTimestamp: %q is no time", text)
		}
	}
	namespace, name := cmp.Or(meta.Get("namespace").Text(), namespace), meta.Get("name").Text()
	if name == "" {
		err = errors.Join(err, errors.New("metadata.name: it has none"))
	}
	r, wrong := NewResource(namespace, name, created, v.Get("spec"))
	if err := errors.Join(wrong, err); err != nil {
		return nil, fmt.Errorf("%s %s/%s: %w", ResourceKind, namespace, name, err)
	}
	return r, nil
}

// NewResource makes a resource of its spec.
func NewResource(namespace, name string, created time.Time, spec *tree.Value) (*Resource, error) {
	config, err := configOf(spec)
	if n := config.GetConcurrency().GetValue(); n < 0 {
		err = errors.Join(err, fmt.Errorf("spec.concurrency: %d is negative", n))
	}
	if err != nil {
		return nil, err
	}
	r := &Resource{
		// Copies, as nothing else is to stay of the text that they stand in.
		Namespace: strings.Clone(namespace), Name: strings.Clone(name),
		created: created.Unix(), says: string(spec.Without("selector").JSON()),
	}
	for key, value := range config.GetSelector().GetMatchLabels() {
		r.selector = append(r.selector, wantedLabel{strings.Clone(key), strings.Clone(value)})
	}
	slices.SortFunc(r.selector, func(a, b wantedLabel) int { return strings.Compare(a.key, b.key) })
	return r, nil
}

func configOf(spec *tree.Value) (*networking.ProxyConfig, error) {
	config := &networking.ProxyConfig{}
	return config, reader{}.set(config.ProtoReflect(), spec, "spec")
}

// config is what it says, without the selector.
func (r *Resource) config() *networking.ProxyConfig {
	spec, err := tree.Parse([]byte(r.says))
	if err != nil {
		panic(err) // it is JSON that was written here
	}
	config, _ := configOf(spec) // which could be read before
	return config
}

// String is the kind, namespace and name of the resource.
func (r *Resource) String() string { return ResourceKind + " " + r.Namespace + "/" + r.Name }

// selects says whether a pod has all labels of the selector.
func (r *Resource) selects(labelOf func(key string) (value string, ok bool)) bool {
	for _, wanted := range r.selector {
		if value, ok := labelOf(wanted.key); !ok || value != wanted.value {
			return false
		}
	}
	return true
}

// byAge orders resources, the oldest first.
func byAge(a, b *Resource) int {
	return cmp.Or(cmp.Compare(a.created, b.created), strings.Compare(a.Name, b.Name))
}

// Selected are the resources that count for a pod, nil where there is none: of the
// root namespace, of the pod's own, and the one whose selector has the pod's labels.
type Selected struct{ Mesh, Namespace, Workload *Resource }

// Likeness tells one selection from another by what the resources say: nothing else of
// them reaches a pod.
func (s Selected) Likeness() string {
	if s == (Selected{}) {
		return ""
	}
	var b strings.Builder
	for _, r := range []*Resource{s.Mesh, s.Namespace, s.Workload} {
		if r != nil {
			b.WriteString(r.says)
		}
		b.WriteByte(0)
	}
	return b.String()
}
