package inject

import (
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/sprig/v3"

	"github.com/outrigger-io/outrigger/internal/reference"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
)

var update = flag.Bool("update", false, "write the references in docs anew")

const configurationDocument = "../../docs/configuration.md"

// configKey is a key of what the injector ConfigMap has under "config".
type configKey struct{ key, holds, initial, meaning string }

var currentKeys = []configKey{
	{"policy", "`enabled` or `disabled`", "", "Whether pods are injected that neither ask for injection nor opt out. With any other value, or none, no pod is injected. Does not apply to manifests."},
	{"templates", "map of text", "", "Go templates by name, with the delimiters `{{` and `}}`. Each renders to a part of a Pod in YAML. This key makes it a configuration of 1.9 or later."},
	{"defaultTemplates", "list of names", "`[sidecar]`", "The templates for pods without the annotation `inject.istio.io/templates`, in the order in which they are applied."},
	{"aliases", "map of lists", "", "Names for lists of templates. Aliases cannot refer to aliases."},
	{"neverInjectSelector", "list of label selectors", "", "Pods that match any of these selectors are not injected, unless the label or annotation `sidecar.istio.io/inject` asks for it. Empty and invalid selectors match nothing. Does not apply to manifests."},
	{"alwaysInjectSelector", "list of label selectors", "", "Pods that match any of these selectors are injected even if the policy is `disabled`. `neverInjectSelector` takes precedence. Does not apply to manifests."},
	{"injectedAnnotations", "map of text", "", "Annotations to add to every injected pod."},
}

var v1Keys = []configKey{
	{"policy", "`enabled` or `disabled`", "", "Whether pods are injected that neither ask for injection nor opt out. With any other value, or none, no pod is injected. Does not apply to manifests."},
	{"template", "text", "", "The Go template, with the delimiters `{{` and `}}` (up to 1.1: `[[` and `]]`). It renders to `initContainers`, `containers`, `volumes` and `imagePullSecrets` in YAML, which are appended to those of the pod. This key without `templates` makes it a configuration of 1.0 to 1.8."},
}

func TestReferenceOfConfiguration(t *testing.T) {
	var known, documented []string
	eachCall(engineSource(t)["inject/configuration.go"], func(_ string, call *ast.CallExpr) {
		if receives(call, "config") {
			known = append(known, literals(call.Args)...)
		}
	})
	for _, part := range []struct {
		name string
		keys []configKey
	}{{"keys of 1.9 and later", currentKeys}, {"keys of 1.0 to 1.8", v1Keys}} {
		var rows [][]string
		for _, k := range part.keys {
			if !slices.Contains(documented, k.key) {
				documented = append(documented, k.key)
			}
			rows = append(rows, []string{"`" + k.key + "`", k.holds, k.initial, k.meaning})
		}
		reference.Hold(t, *update, configurationDocument, part.name, reference.Table([]string{"Key", "Holds", "Default", "Meaning"}, rows))
	}
	sameKeys(t, "configuration", documented, known)
}

// TestReferenceOfFormats lists the table of formats: by what each is known and which
// rules are part of it.
func TestReferenceOfFormats(t *testing.T) {
	var rows [][]string
	for _, f := range formats {
		var marks, rules []string
		for _, all := range f.marks {
			marks = append(marks, "`"+strings.Join(all, "` and `")+"`")
		}
		if f.marks == nil {
			marks = []string{"anything else"}
		}
		key := "templates"
		if f.oneTemplate {
			key = "template"
		}
		for _, r := range f.rules(&configuration{version: "x"}) {
			rules = append(rules, shownRule(r))
		}
		rows = append(rows, []string{f.name, "`" + key + "`", strings.Join(marks, ", or "), strings.Join(rules, ", ")})
	}
	reference.Hold(t, *update, configurationDocument, "formats", reference.Table([]string{"Releases", "Key", "Marks", "Rules, in order"}, rows))
}

// shownRule is a rule's name with those of its settings that are on.
func shownRule(r rule.Rule) string {
	var on []string
	settings := reflect.ValueOf(r)
	for i := range settings.NumField() {
		if field := settings.Field(i); field.Kind() == reflect.Bool && field.Bool() {
			on = append(on, strings.ToLower(regexp.MustCompile("([a-z])([A-Z])").ReplaceAllString(settings.Type().Field(i).Name, "$1 $2")))
		}
	}
	if len(on) == 0 {
		return r.Name()
	}
	return r.Name() + " (" + strings.Join(on, "; ") + ")"
}

// valueKeys are the values that the injector itself reads.
var valueKeys = map[string]string{
	"global.hub":                                   "Registry and path of the proxy's image.",
	"global.tag":                                   "The tag of the proxy's image.",
	"global.variant":                               "The variant of the proxy's image, such as `distroless`, unless the pod or the mesh configuration sets one.",
	"global.proxy_init.image":                      "The name of the init containers' image, `proxyv2` if empty. With a slash in it, the whole image reference (1.31).",
	"global.proxy.resources.limits.cpu":            "Sets `.EstimatedConcurrency` in templates, unless the ProxyConfig sets `concurrency` or the pod's annotations set the proxy's CPU (1.11 to 1.17).",
	"global.proxy.resources.requests.cpu":          "The same, if there is no limit.",
	"global.proxy.image":                           "The name of the proxy's image, `proxyv2` if empty. With a slash in it, the whole image reference.",
	"global.proxy.holdApplicationUntilProxyStarts": "With `true`, `istio-proxy` becomes the first container, unless it is a native sidecar.",
	"global.multiCluster.clusterName":              "Sets `ISTIO_META_CLUSTER_ID` of the proxy, unless the webhook's URL does.",
	"global.network":                               "Sets `ISTIO_META_NETWORK` of the proxy, unless the webhook's URL or the pod's label does.",
	"pilot.env.COMPLIANCE_POLICY":                  "Sets `.CompliancePolicy` in templates.",
	"sidecarInjectorWebhook.rewriteAppHTTPProbe":   "With `true`, the application's probes are rewritten to go through the agent.",
}

func TestReferenceOfValues(t *testing.T) {
	var known []string
	for _, file := range engineSource(t) {
		eachCall(file, func(name string, call *ast.CallExpr) {
			if keys := literals(call.Args); (name == "Text" || name == "Flag") && len(keys) > 0 {
				known = append(known, strings.Join(keys, "."))
			}
		})
	}
	documented := slices.Sorted(maps.Keys(valueKeys))
	sameKeys(t, "values", documented, known)
	var rows [][]string
	for _, key := range documented {
		rows = append(rows, []string{"`" + key + "`", valueKeys[key]})
	}
	reference.Hold(t, *update, configurationDocument, "values", reference.Table([]string{"Value", "Meaning"}, rows))
}

// meshFields are the fields of the mesh's configuration that the injector itself
// reads, by the Go methods that read them.
var meshFields = []struct {
	getters       []string
	name, meaning string
}{
	{[]string{"GetEnablePrometheusMerge"}, "enablePrometheusMerge", "With `true`, the default, Prometheus scrapes the agent, which merges the application's metrics with the proxy's. Set it to `false` if the sidecar serves no metrics."},
	{[]string{"GetInboundTrafficPolicy", "GetMode"}, "inboundTrafficPolicy.mode", "Sets `.InboundTrafficPolicyMode` in templates."},
	{[]string{"GetExtensionProviders", "GetOpentelemetry", "GetServiceAttributeEnrichment"}, "extensionProviders[].opentelemetry.serviceAttributeEnrichment", "Which attributes the function `otelResourceAttributes` returns."},
	{[]string{"GetStatusPort"}, "defaultConfig.statusPort", "The port where the agent serves probes and metrics, 15020 by default."},
	{[]string{"GetRootNamespace"}, "rootNamespace", "The namespace whose ProxyConfig resources apply to the whole mesh."},
	{[]string{"GetConcurrency"}, "defaultConfig.concurrency", "The number of the proxy's worker threads."},
	{[]string{"GetImage", "GetImageType"}, "defaultConfig.image.imageType", "The variant of the proxy's image, unless the pod sets one."},
	{[]string{"GetHoldApplicationUntilProxyStarts"}, "defaultConfig.holdApplicationUntilProxyStarts", "With `true`, `istio-proxy` becomes the first container, unless it is a native sidecar."},
	{[]string{"GetInterceptionMode"}, "defaultConfig.interceptionMode", "With `TPROXY`, the proxy runs as root, regardless of its container's `runAsUser`."},
}

func TestReferenceOfMeshConfig(t *testing.T) {
	// Neither what the mesh refuses, nor what templates see, nor what a resource
	// says of itself is a setting of injection.
	source := engineSource(t)
	delete(source, "mesh/data.go")
	delete(source, "mesh/resource.go")
	delete(source, "mesh/validate.go")
	var known, documented []string
	for _, file := range source {
		eachCall(file, func(name string, call *ast.CallExpr) {
			if strings.HasPrefix(name, "Get") && len(name) > len("Get") && len(call.Args) == 0 && name != "GetValue" {
				known = append(known, name)
			}
		})
	}
	var rows [][]string
	for _, f := range meshFields {
		documented = append(documented, f.getters...)
		rows = append(rows, []string{"`" + f.name + "`", f.meaning})
	}
	sameKeys(t, "mesh configuration", documented, known)
	reference.Hold(t, *update, configurationDocument, "mesh configuration", reference.Table([]string{"Field", "Meaning"}, rows))
}

func TestReferenceOfTemplateData(t *testing.T) {
	file := engineSource(t)["podtemplate/view.go"]
	for part, name := range map[string]string{"data of templates": "View"} {
		var rows [][]string
		for _, doc := range fieldDocs(t, file, name) {
			rows = append(rows, []string{"`." + doc[0] + "`", doc[1], strings.ToUpper(doc[2][:1]) + doc[2][1:]})
		}
		reference.Hold(t, *update, configurationDocument, part, reference.Table([]string{"Name", "Type", "Description"}, rows))
	}
}

func TestReferenceOfV1Mesh(t *testing.T) {
	var rows [][]string
	for _, message := range []struct {
		name string
		of   reflect.Type
	}{{".MeshConfig", reflect.TypeFor[mesh.DroppedMesh]()}, {".ProxyConfig", reflect.TypeFor[mesh.DroppedProxy]()}} {
		var names []string
		for field := range message.of.Fields() {
			names = append(names, "`."+field.Name+"`")
		}
		rows = append(rows, []string{"`" + message.name + "`", strings.Join(names, " ")})
	}
	reference.Hold(t, *update, configurationDocument, "fields of earlier meshes", reference.Table([]string{"Of", "Fields"}, rows))
}

// templateFunction is how a function is called in a template, and what it gives.
type templateFunction struct{ call, meaning string }

var currentFunctions = []templateFunction{
	{"annotation .ObjectMeta NAME DEFAULT", "The pod's annotation, or the default as text if there is none. An empty annotation gives an empty text."},
	{"append LIST VALUE", "The list with the value appended. The original is unchanged."},
	{"appendMultusNetwork LIST NETWORK", "The value of the annotation `k8s.v1.cni.cncf.io/networks` with the network appended, unless it is in it."},
	{"applicationPorts .Spec.Containers", "The TCP ports of all containers except `istio-proxy`, comma separated."},
	{"concat LIST...", "The lists, concatenated."},
	{"contains NEEDLE TEXT", "Whether the text contains the needle."},
	{"directory PATH", "The path up to and including its last slash."},
	{"env NAME DEFAULT", "An environment variable of the injector, or the default if it is empty. The name must begin with `INJECT_`."},
	{"excludeInboundPort PORT LIST", "The comma separated list with the port added, unless it is in the list, empty, or 0."},
	{"excludeInterfaces LIST", "The list, unchanged."},
	{"formatDuration DURATION", "A duration of the mesh configuration in Go's notation, such as `45s`."},
	{"fromJSON TEXT", "The value that the JSON text holds."},
	{"includeInboundPorts .Spec.Containers", "The TCP ports of all containers, comma separated."},
	{"indent N TEXT", "The text with N spaces before every line but the first."},
	{"isset MAP KEY", "Whether the string map has the key."},
	{"kubevirtInterfaces LIST", "The list, unchanged."},
	{"mergeMaps MAP...", "The string maps merged. For duplicate keys, the last map wins."},
	{"omit MAP KEY...", "The string map without these keys."},
	{"omitNil VALUE", "The value without nulls, at any depth."},
	{"otelResourceAttributes .MeshConfig ANNOTATIONS LABELS NAMESPACE CONTAINERS", "The OpenTelemetry resource attributes of the service, if an extension provider of the mesh asks for them."},
	{"protoToJSON .ProxyConfig", "A message as JSON. Of a ProxyConfig, only fields that differ from the defaults."},
	{"push LIST VALUE", "The same as `append`."},
	{"sortAlpha LIST", "The list's elements as strings, sorted. The original is unchanged."},
	{"squote TEXT...", "The text in single quotes, with single quotes in it doubled."},
	{"strdict KEY VALUE...", "A string map. A last key without a value gets the empty string."},
	{"structToJSON VALUE", "The value as JSON, `{}` for nil."},
	{"mustToJson VALUE", "`toJson`, but fails for values that JSON cannot represent."},
	{"mustToPrettyJson VALUE", "`toPrettyJson`, but fails for values that JSON cannot represent."},
	{"mustToRawJson VALUE", "`toRawJson`, but fails for values that JSON cannot represent."},
	{"toPrettyJson VALUE", "`toJson`, indented over several lines."},
	{"toRawJson VALUE", "`toJson` without escaping `<`, `>` and `&`."},
	{"toJSON MAP", "The string map as JSON, `{}` for nil."},
	{"toJson VALUE", "Any value as JSON that is valid in YAML."},
	{"toJsonMap MAP...", "The result of `mergeMaps` as JSON."},
	{"toLower TEXT", "The text in lower case."},
	{"toYaml VALUE", "The value as YAML, ending with a line break."},
	{"valueOrDefault VALUE DEFAULT", "The value, or the default if the value is nil or the empty string."},
}

var v1Functions = []templateFunction{
	{"annotation .ObjectMeta NAME DEFAULT", "The pod's annotation, or where it has none the default as text."},
	{"applicationPorts .Spec.Containers", "The ports of all containers except `istio-proxy`, comma separated."},
	{"excludeInboundPort PORT LIST", "The comma separated list with the port added, unless it is in the list, empty, or 0."},
	{"formatDuration DURATION", "A duration of the mesh configuration in Go's notation, such as `45s`."},
	{"includeInboundPorts .Spec.Containers", "The ports of all containers, comma separated."},
	{"isset MAP KEY", "Whether the string map has the key."},
	{"toJson MAP", "The string map as JSON, `{}` for nil."},
}

func TestReferenceOfFunctions(t *testing.T) {
	from := sprig.TxtFuncMap()
	var own, inherited []string
	for name, f := range podtemplate.Functions(nil) {
		if theirs, ok := from[name]; ok && reflect.ValueOf(theirs).Pointer() == reflect.ValueOf(f).Pointer() {
			inherited = append(inherited, name)
		} else {
			own = append(own, name)
		}
	}
	slices.Sort(inherited)
	functions := func(list []templateFunction, what string, known []string) string {
		var rows [][]string
		var documented []string
		for _, f := range list {
			name, arguments, _ := strings.Cut(f.call, " ")
			documented = append(documented, name)
			rows = append(rows, []string{fmt.Sprintf("`%s %s`", name, arguments), f.meaning})
		}
		sameKeys(t, what, documented, known)
		return reference.Table([]string{"Call", "Result"}, rows)
	}
	reference.Hold(t, *update, configurationDocument, "functions of templates", functions(currentFunctions, "functions of templates", own))
	reference.Hold(t, *update, configurationDocument, "sprig's functions", "`"+strings.Join(inherited, "` `")+"`")
	reference.Hold(t, *update, configurationDocument, "functions that do not repeat", "`"+strings.Join(slices.Sorted(maps.Keys(podtemplate.Unrepeatable)), "` `")+"`")
	reference.Hold(t, *update, configurationDocument, "functions of 1.0's template", functions(v1Functions, "functions of 1.0's template", slices.Collect(maps.Keys(podtemplate.V1Functions))))
}
