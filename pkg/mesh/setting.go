package mesh

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Setting is one that a pod's proxy has from a resource.
type Setting struct {
	// Of is the resource.
	Of *Resource
	// Field is that of the pod's ProxyConfig: concurrency, image.imageType, or
	// proxyMetadata.NAME.
	Field, Value string
}

// Settings are those that count for a pod with the annotation proxy.istio.io/config,
// by their fields.
func (s Selected) Settings(annotation string) []Setting {
	counts := map[string]Setting{}
	lay := func(r *Resource) {
		if r != nil {
			for field, value := range r.fields() {
				counts[field] = Setting{r, field, value}
			}
		}
	}
	lay(s.Mesh)
	lay(s.Namespace)
	own, _ := tree.ParseYAMLObject([]byte(annotation)) // one that cannot be read refuses the pod
	for field, at := range map[string]*tree.Value{"concurrency": own.Get("concurrency"), "image.imageType": own.Get("image")} {
		if at != nil {
			delete(counts, field)
		}
	}
	for _, m := range own.Get("proxyMetadata").Members() {
		delete(counts, metadataField(m.Key))
	}
	lay(s.Workload)
	return slices.SortedFunc(maps.Values(counts), func(a, b Setting) int { return cmp.Compare(a.Field, b.Field) })
}

// fields are what a resource sets, by the fields of a pod's ProxyConfig.
func (r *Resource) fields() map[string]string {
	says, fields := r.config(), map[string]string{}
	if says.Concurrency != nil {
		fields["concurrency"] = strconv.Itoa(int(says.Concurrency.Value))
	}
	if says.Image != nil {
		fields["image.imageType"] = says.Image.ImageType
	}
	for name, value := range says.EnvironmentVariables {
		fields[metadataField(name)] = value
	}
	return fields
}

func metadataField(name string) string { return "proxyMetadata." + name }
