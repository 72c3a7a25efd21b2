package podtemplate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Read is a value that a line of a template went by.
type Read struct {
	Kind ReadKind `json:"kind"`
	// Path is where it stands: a path of keys as global.proxy.image, or the name of an
	// annotation or label.
	Path string `json:"path"`
	// Value is what was there, abridged.
	Value string `json:"value"`
	// Missing says that there was nothing.
	Missing bool `json:"missing,omitempty"`
	// From says, of a value of the ProxyConfig, where that has it from.
	From string `json:"from,omitempty"`
}

// ReadKind says in what a value stands.
type ReadKind string

// What templates read.
const (
	ReadValues      ReadKind = "values"
	ReadMesh        ReadKind = "mesh"
	ReadProxyConfig ReadKind = "proxyconfig"
	ReadAnnotation  ReadKind = "annotation"
	ReadLabel       ReadKind = "label"
	// ReadPod is another field of the pod.
	ReadPod ReadKind = "pod"
	// ReadWorkload is of the object that the pod is of.
	ReadWorkload ReadKind = "workload"
	// ReadSetting is what the injector was told, such as the revision.
	ReadSetting ReadKind = "setting"
)

// readings gathers what events went by.
type readings struct {
	trace *Trace
	list  []Read
	seen  map[*event]bool
}

// own gathers what an event's node goes by itself, and by its variables.
func (r *readings) own(e *event) {
	if r.seen[e] {
		return
	}
	if r.seen == nil {
		r.seen = map[*event]bool{}
	}
	r.seen[e] = true
	for i := range e.reads {
		if x := &e.reads[i]; x.known {
			r.add(x.path(e.roots), x.value(e.roots))
		}
	}
	for _, gave := range e.given {
		r.own(gave)
	}
}

// derived are fields of the data that are made of others, or of the pod's annotations.
var derived = map[string][][]string{
	"ProxyImage": {
		{"Values", "global", "hub"},
		{"Values", "global", "proxy", "image"},
		{"Values", "global", "tag"},
		{"Values", "global", "variant"},
		{"ObjectMeta", "Annotations", pod.ImageTypeKey},
		{"ProxyConfig", "Image", "ImageType"},
	},
	"ProxyInitImage": {
		{"Values", "global", "hub"},
		{"Values", "global", "proxy_init", "image"},
		{"Values", "global", "tag"},
		{"Values", "global", "variant"},
		{"ObjectMeta", "Annotations", pod.ImageTypeKey},
	},
	"EstimatedConcurrency": {
		{"ProxyConfig", "Concurrency"},
		{"ObjectMeta", "Annotations", "sidecar.istio.io/proxyCPULimit"},
		{"ObjectMeta", "Annotations", "sidecar.istio.io/proxyCPU"},
		{"Values", "global", "proxy", "resources", "limits", "cpu"},
		{"Values", "global", "proxy", "resources", "requests", "cpu"},
	},
	"NativeSidecars":           {{"NativeSidecars"}, {"ObjectMeta", "Annotations", pod.NativeSidecarKey}},
	"InboundTrafficPolicyMode": {{"MeshConfig", "InboundTrafficPolicy", "Mode"}},
	"CompliancePolicy":         {{"Values", "pilot", "env", "COMPLIANCE_POLICY"}},
}

func (r *readings) add(path []string, value any) {
	if len(path) == 0 {
		return // all of the data
	}
	sources := derived[path[0]]
	if len(sources) == 0 {
		r.note(path, value)
		return
	}
	for _, source := range sources {
		if v := follow(r.trace.data, source); v != nil && !reflect.ValueOf(v).IsZero() || len(source) == 1 {
			r.note(source, v)
		}
	}
}

func (r *readings) note(path []string, value any) {
	read := r.trace.read(path, value)
	if !slices.ContainsFunc(r.list, func(other Read) bool { return other.Kind == read.Kind && other.Path == read.Path }) {
		r.list = append(r.list, read)
	}
}

// read is a value of the data as it is told; all of a template's lines are told the same.
func (t *Trace) read(path []string, value any) Read {
	key := strings.Join(path, "\x00")
	if read, ok := t.known[key]; ok {
		return read
	}
	read := describe(path)
	if read.Missing = isNothing(value); !read.Missing {
		read.Value = snippet(value)
	}
	if read.Kind == ReadProxyConfig {
		read.From = t.sourceOf(path[1:])
	}
	if !slices.Contains(path, AnyElement) {
		t.known[key] = read
	}
	return read
}

// describe names a path of the data as people know it.
func describe(path []string) Read {
	rest := path[1:]
	switch path[0] {
	case "Values":
		return Read{Kind: ReadValues, Path: strings.Join(rest, ".")}
	case "MeshConfig":
		return Read{Kind: ReadMesh, Path: protoPath(rest)}
	case "ProxyConfig":
		return Read{Kind: ReadProxyConfig, Path: protoPath(rest)}
	case "ObjectMeta":
		if len(rest) > 1 {
			switch rest[0] {
			case "Annotations":
				return Read{Kind: ReadAnnotation, Path: rest[1]}
			case "Labels":
				return Read{Kind: ReadLabel, Path: rest[1]}
			}
		}
		return Read{Kind: ReadPod, Path: jsonPath("metadata", reflect.TypeFor[metav1.ObjectMeta](), rest)}
	case "Spec":
		return Read{Kind: ReadPod, Path: jsonPath("spec", reflect.TypeFor[corev1.PodSpec](), rest)}
	case "TypeMeta", "DeploymentMeta":
		if len(rest) > 0 {
			return Read{Kind: ReadWorkload, Path: lowerFirst(strings.Replace(rest[0], "APIVersion", "ApiVersion", 1))}
		}
		return Read{Kind: ReadWorkload}
	default:
		return Read{Kind: ReadSetting, Path: lowerFirst(path[0])}
	}
}

// protoPath is a path of Go's fields and methods as that of the message's fields.
func protoPath(names []string) string {
	var fields []string
	for _, name := range names {
		if name = strings.TrimPrefix(name, "Get"); name != "Value" {
			fields = append(fields, lowerFirst(name))
		}
	}
	return strings.Join(fields, ".")
}

// jsonPath is a path of Go's fields as that of JSON.
func jsonPath(root string, of reflect.Type, names []string) string {
	path := root
	for _, name := range names {
		for of != nil && of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		step := lowerFirst(name)
		switch {
		case of == nil:
		case of.Kind() == reflect.Struct:
			field, ok := of.FieldByName(name)
			if of = nil; ok {
				step, _, _ = strings.Cut(field.Tag.Get("json"), ",")
				of = field.Type
			}
		case of.Kind() == reflect.Slice:
			path += "[" + strings.Trim(name, "[]") + "]"
			of = of.Elem()
			continue
		case of.Kind() == reflect.Map:
			step, of = name, of.Elem()
		}
		path += "." + step
	}
	return path
}

func lowerFirst(name string) string {
	if name == "" {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

func isNothing(v any) bool {
	if v == nil {
		return true
	}
	switch at := reflect.ValueOf(v); at.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return at.IsNil()
	default:
		return false
	}
}

// snippet is a value as a short text.
func snippet(v any) string {
	if m, ok := v.(proto.Message); ok {
		text, err := mesh.JSON(m)
		if err != nil {
			return ""
		}
		return tree.Snippet(text)
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Map, reflect.Slice, reflect.Struct, reflect.Pointer:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return tree.Snippet(string(text))
	}
	return tree.Snippet(fmt.Sprint(v))
}

// sourceOf names the source that gave a field of the ProxyConfig what it is.
func (t *Trace) sourceOf(field []string) string {
	source := ""
	var before any
	for i, layer := range t.layers {
		now := snippet(follow(layer.Data, field))
		if i == 0 || before != now {
			source = layer.Source
		}
		before = now
	}
	return source
}
