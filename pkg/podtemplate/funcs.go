package podtemplate

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"google.golang.org/protobuf/types/known/durationpb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// Functions is what a template can call since 1.1: sprig's text functions, and over
// them the injector's own (spec: injection.md section 4). sprig's functions that
// reach out of the process are not among them.
func Functions(envAllowed []string) template.FuncMap {
	funcs := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(funcs, name)
	}
	maps.Copy(funcs, jsonFunctions)
	maps.Copy(funcs, template.FuncMap{
		"squote":                 squote,
		"sortAlpha":              sortAlpha,
		"append":                 appendTo,
		"push":                   appendTo,
		"concat":                 concat,
		"formatDuration":         formatDuration,
		"isset":                  isset,
		"annotation":             annotationOr,
		"excludeInboundPort":     excludeInboundPort,
		"includeInboundPorts":    includeInboundPorts,
		"applicationPorts":       applicationPorts,
		"kubevirtInterfaces":     func(s string) string { return s },
		"excludeInterfaces":      func(s string) string { return s },
		"valueOrDefault":         valueOrDefault,
		"fromJSON":               fromJSON,
		"toYaml":                 toYAML,
		"indent":                 indent,
		"directory":              func(file string) string { dir, _ := path.Split(file); return dir },
		"contains":               func(needle, haystack string) bool { return strings.Contains(haystack, needle) },
		"toLower":                strings.ToLower,
		"appendMultusNetwork":    appendMultusNetwork,
		"env":                    environment(envAllowed),
		"omit":                   omit,
		"strdict":                strdict,
		"mergeMaps":              mergeMaps,
		"omitNil":                omitNil,
		"otelResourceAttributes": otelResourceAttributes,
	})
	return funcs
}

// V1Functions is what a template of the 1.0 line can call.
var V1Functions = template.FuncMap{
	"formatDuration":      formatDuration,
	"isset":               isset,
	"annotation":          annotationOr,
	"excludeInboundPort":  excludeInboundPort,
	"includeInboundPorts": v1Ports(func(string) bool { return true }),
	"applicationPorts":    v1Ports(func(container string) bool { return container != pod.ProxyContainer }),
	"toJson":              toJSON,
}

func formatDuration(d *durationpb.Duration) string { return d.AsDuration().String() }

func isset(m map[string]string, key string) bool {
	_, ok := m[key]
	return ok
}

func annotationOr(meta metav1.ObjectMeta, name string, otherwise any) string {
	if value, ok := meta.Annotations[name]; ok {
		return value
	}
	return fmt.Sprint(otherwise)
}

func excludeInboundPort(port any, excluded string) string {
	p := strings.TrimSpace(fmt.Sprint(port))
	if p == "" || p == "0" {
		return excluded
	}
	var ports []string
	for e := range strings.SplitSeq(excluded, ",") {
		e = strings.TrimSpace(e)
		if e == p {
			return excluded
		}
		if e != "" {
			ports = append(ports, e)
		}
	}
	return strings.Join(append(ports, p), ",")
}

// portsOf lists ports, comma separated.
func portsOf(containers []corev1.Container, container func(name string) bool, port func(corev1.ContainerPort) bool) string {
	var ports []string
	for _, c := range containers {
		if !container(c.Name) {
			continue
		}
		for _, p := range c.Ports {
			if port(p) {
				ports = append(ports, fmt.Sprint(p.ContainerPort))
			}
		}
	}
	return strings.Join(ports, ",")
}

func isTCP(p corev1.ContainerPort) bool { return p.Protocol == "" || p.Protocol == corev1.ProtocolTCP }

func includeInboundPorts(containers []corev1.Container) string {
	return portsOf(containers, func(string) bool { return true }, isTCP)
}

func applicationPorts(containers []corev1.Container) string {
	return portsOf(containers, func(name string) bool { return name != pod.ProxyContainer }, isTCP)
}

func v1Ports(container func(name string) bool) func([]corev1.Container) string {
	return func(containers []corev1.Container) string {
		return portsOf(containers, container, func(corev1.ContainerPort) bool { return true })
	}
}

func valueOrDefault(value, otherwise any) any {
	if value == nil || value == "" {
		return otherwise
	}
	return value
}

func fromJSON(text string) (any, error) {
	var v any
	err := json.Unmarshal([]byte(text), &v)
	return v, err
}

func toYAML(v any) (string, error) {
	text, err := yaml.Marshal(v)
	return string(text), err
}

// indent indents every line but the first.
func indent(n int, text string) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", max(n, 0)))
}

// networksOf reads a JSON list of networks, each of which has a name.
func networksOf(text string) ([]map[string]any, error) {
	var networks []map[string]any
	if err := json.Unmarshal([]byte(text), &networks); err != nil {
		return nil, fmt.Errorf("a list of objects is wanted: %w", err)
	}
	for i, network := range networks {
		if name, ok := network["name"].(string); !ok || name == "" {
			return nil, fmt.Errorf("network %d has no name", i)
		}
	}
	return networks, nil
}

// appendMultusNetwork adds a network to a pod's annotation k8s.v1.cni.cncf.io/networks,
// which is a list of names or a JSON list of objects.
func appendMultusNetwork(existing, network string) (string, error) {
	if strings.TrimSpace(existing) == "" {
		return network, nil
	}
	if begins := strings.TrimSpace(existing)[0]; begins == '[' || begins == '{' {
		networks, err := networksOf(existing)
		if err != nil {
			return "", &pod.AnnotationError{Key: "k8s.v1.cni.cncf.io/networks", Err: err}
		}
		name, own := network, fmt.Sprintf(`{"name": %q}`, network)
		var namespace any // nil for that of the pod
		if ns, n, ok := strings.Cut(network, "/"); ok {
			name, namespace, own = n, ns, fmt.Sprintf(`{"name": %q, "namespace": %q}`, n, ns)
		}
		if slices.ContainsFunc(networks, func(n map[string]any) bool { return n["name"] == name && n["namespace"] == namespace }) {
			return existing, nil
		}
		open, _ := strings.CutSuffix(strings.TrimSpace(existing), "]")
		if len(networks) > 0 {
			open += ", "
		}
		return open + own + "]", nil
	}
	for n := range strings.SplitSeq(existing, ",") {
		if strings.TrimSpace(n) == network {
			return existing, nil
		}
	}
	return existing + ", " + network, nil
}

// environment reads a variable of the injector's own process. Templates of many
// teams may run in one injector, so they see only variables meant for them.
func environment(allowed []string) func(name, otherwise string) (string, error) {
	return func(name, otherwise string) (string, error) {
		if !strings.HasPrefix(name, "INJECT_") && !slices.Contains(allowed, name) {
			return "", fmt.Errorf("variable %s is not open to templates: its name does not begin with INJECT_, and no flag allows it", name)
		}
		if value := os.Getenv(name); value != "" {
			return value, nil
		}
		return otherwise, nil
	}
}

func omit(m map[string]string, keys ...string) map[string]string {
	kept := make(map[string]string, len(m))
	for key, value := range m {
		if !slices.Contains(keys, key) {
			kept[key] = value
		}
	}
	return kept
}

// strdict is a map of text. A key without a value has the empty one.
func strdict(pairs ...any) map[string]string {
	m := make(map[string]string, (len(pairs)+1)/2)
	for i := 0; i < len(pairs); i += 2 {
		value := ""
		if i+1 < len(pairs) {
			value = asText(pairs[i+1])
		}
		m[asText(pairs[i])] = value
	}
	return m
}

// asText is a value as sprig prints it.
func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

func mergeMaps(all ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, m := range all {
		maps.Copy(merged, m)
	}
	return merged
}

func omitNil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for key, value := range v {
			if value != nil {
				kept[key] = omitNil(value)
			}
		}
		return kept
	case []any:
		kept := make([]any, 0, len(v))
		for _, value := range v {
			if value != nil {
				kept = append(kept, omitNil(value))
			}
		}
		return kept
	default:
		return v
	}
}

// OtelAnnotation is before the name of a resource attribute in the annotations by
// which a pod says it itself.
const OtelAnnotation = "resource.opentelemetry.io/"

// OtelVersionLabel holds a pod's version where no annotation says it.
const OtelVersionLabel = "app.kubernetes.io/version"

// otelResourceAttributes lists the attributes by which OpenTelemetry's semantic
// conventions describe a service in Kubernetes, where a provider of the mesh
// asks for them.
func otelResourceAttributes(mesh *mesh.MeshConfig, annotations, labels map[string]string, namespace string, containers []corev1.Container) string {
	asked := slices.ContainsFunc(mesh.GetExtensionProviders(), func(p *meshconfig.MeshConfig_ExtensionProvider) bool {
		return p.GetOpentelemetry().GetServiceAttributeEnrichment() == meshconfig.MeshConfig_ExtensionProvider_OTEL_SEMANTIC_CONVENTIONS
	})
	if !asked {
		return ""
	}
	var attributes []string
	add := func(name, otherwise string) {
		value := otherwise
		if own := annotations[OtelAnnotation+name]; own != "" {
			value = own
		}
		if value != "" {
			attributes = append(attributes, name+"="+value)
		}
	}
	instance, version := "", labels[OtelVersionLabel]
	if len(containers) > 0 && namespace != "" {
		instance = namespace + ".$(POD_NAME)." + containers[0].Name
	}
	if len(containers) == 1 && version == "" {
		version = imageVersion(containers[0].Image)
	}
	add("service.namespace", namespace)
	add("service.version", version)
	add("service.instance.id", instance)
	return strings.Join(attributes, ",")
}

// imageVersion is the tag of an image, its digest, or both joined by @.
func imageVersion(image string) string {
	name, digest, pinned := strings.Cut(image, "@")
	_, tag, _ := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	if tag != "" && pinned {
		return tag + "@" + digest
	}
	return tag + digest
}
