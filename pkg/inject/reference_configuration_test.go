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
	{"policy", "`enabled` or `disabled`", "", "Whether a pod is injected that does not say itself. With any other word, or none, no pod is injected."},
	{"templates", "map of text", "", "Go templates by name, with `{{` and `}}`, each of which renders to a part of a Pod in YAML. This key makes the configuration one of 1.9 or later."},
	{"defaultTemplates", "list of names", "`[sidecar]`", "The templates of a pod that names none in annotation `inject.istio.io/templates`, in the order in which they are laid over it."},
	{"aliases", "map of lists", "", "Names that stand for several templates. An alias of an alias is not looked up."},
	{"neverInjectSelector", "list of label selectors", "", "Pods that match any of them are not injected, unless label or annotation `sidecar.istio.io/inject` asks for it. Selectors that are empty or invalid match nothing. Manifests are injected whatever it says."},
	{"alwaysInjectSelector", "list of label selectors", "", "Pods that match any of them are injected under policy `disabled` too. `neverInjectSelector` counts before it."},
	{"injectedAnnotations", "map of text", "", "Annotations for every pod that is injected."},
}

var v1Keys = []configKey{
	{"policy", "`enabled` or `disabled`", "", "Whether a pod is injected that does not say itself. With any other word, or none, no pod is injected. Manifests are injected whatever it says."},
	{"template", "text", "", "The Go template, with `{{` and `}}`, to 1.1 with `[[` and `]]`, which renders to `initContainers`, `containers`, `volumes` and `imagePullSecrets` in YAML. They are appended to those of the pod. This key, without `templates`, makes the configuration one of 1.0 to 1.8."},
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
	"global.hub":                                   "The registry and path before the name of the proxy's image.",
	"global.tag":                                   "The tag of the proxy's image.",
	"global.variant":                               "The variant of the proxy's image, such as `distroless`, where neither pod nor mesh asks for one.",
	"global.proxy_init.image":                      "The name of the init containers' image, `proxyv2` if empty; with a slash in it, the whole of it (1.31).",
	"global.proxy.resources.limits.cpu":            "`.EstimatedConcurrency` of templates, where neither the mesh nor the pod says it (1.11 to 1.17).",
	"global.proxy.resources.requests.cpu":          "The same, where there is no limit.",
	"global.proxy.image":                           "The name of the proxy's image, `proxyv2` if empty; with a slash in it, the whole of it.",
	"global.proxy.holdApplicationUntilProxyStarts": "`true` puts `istio-proxy` first among the containers, where it is no native sidecar.",
	"global.multiCluster.clusterName":              "`ISTIO_META_CLUSTER_ID` of the proxy, unless the webhook's URL says it.",
	"global.network":                               "`ISTIO_META_NETWORK` of the proxy, unless the webhook's URL or the pod's label says it.",
	"pilot.env.COMPLIANCE_POLICY":                  "`.CompliancePolicy` of templates.",
	"sidecarInjectorWebhook.rewriteAppHTTPProbe":   "`true` has the kubelet's probes go through the proxy.",
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
	{[]string{"GetEnablePrometheusMerge"}, "enablePrometheusMerge", "`true`, the default, has the pod scraped through the proxy, which adds the application's metrics to its own. Set it to `false` in a configuration whose sidecar serves no metrics."},
	{[]string{"GetInboundTrafficPolicy", "GetMode"}, "inboundTrafficPolicy.mode", "`.InboundTrafficPolicyMode` of templates."},
	{[]string{"GetExtensionProviders", "GetOpentelemetry", "GetServiceAttributeEnrichment"}, "extensionProviders[].opentelemetry.serviceAttributeEnrichment", "What function `otelResourceAttributes` goes by."},
	{[]string{"GetStatusPort"}, "defaultConfig.statusPort", "The port, 15020 by default, at which the proxy answers for probes and metrics."},
	{[]string{"GetRootNamespace"}, "rootNamespace", "Where ProxyConfig resources stand that are for the whole mesh."},
	{[]string{"GetConcurrency"}, "defaultConfig.concurrency", "How many threads the proxy has."},
	{[]string{"GetImage", "GetImageType"}, "defaultConfig.image.imageType", "The variant of the proxy's image, unless the pod asks for one."},
	{[]string{"GetHoldApplicationUntilProxyStarts"}, "defaultConfig.holdApplicationUntilProxyStarts", "`true` puts `istio-proxy` first among the containers, where it is no native sidecar."},
	{[]string{"GetInterceptionMode"}, "defaultConfig.interceptionMode", "`TPROXY` has the proxy run as root, whatever user its container names."},
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
		reference.Hold(t, *update, configurationDocument, part, reference.Table([]string{"Name", "Type", "What it is"}, rows))
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
	{"annotation .ObjectMeta NAME DEFAULT", "The pod's annotation, or where it has none the default as text. One that is there but empty is empty."},
	{"append LIST VALUE", "The list with a value more; the list itself stays as it is."},
	{"appendMultusNetwork LIST NETWORK", "The annotation `k8s.v1.cni.cncf.io/networks` with a network more, once."},
	{"applicationPorts .Spec.Containers", "The TCP ports of the containers but `istio-proxy`, comma separated."},
	{"concat LIST...", "The lists as one."},
	{"contains NEEDLE TEXT", "Whether the text has the needle in it."},
	{"directory PATH", "The path up to its last slash, the slash included."},
	{"env NAME DEFAULT", "A variable of the injector's own process, whose name has to begin with `INJECT_`; the default where it is empty."},
	{"excludeInboundPort PORT LIST", "The comma separated list with the port, which is not added twice, nor where it is empty or 0."},
	{"excludeInterfaces LIST", "The list as it is."},
	{"formatDuration DURATION", "A duration of the mesh configuration as Go prints it, such as `45s`."},
	{"fromJSON TEXT", "What a JSON text holds."},
	{"includeInboundPorts .Spec.Containers", "The TCP ports of all containers, comma separated."},
	{"indent N TEXT", "The text with N spaces before every line but the first."},
	{"isset MAP KEY", "Whether a map of text has a key."},
	{"kubevirtInterfaces LIST", "The list as it is."},
	{"mergeMaps MAP...", "One map of text; of a key that several have, the last one's value."},
	{"omit MAP KEY...", "The map of text without some of its keys."},
	{"omitNil VALUE", "The value without what is null in it, at any depth."},
	{"otelResourceAttributes .MeshConfig ANNOTATIONS LABELS NAMESPACE CONTAINERS", "The resource attributes by which OpenTelemetry describes the service, where a provider of the mesh asks for them."},
	{"protoToJSON .ProxyConfig", "A message as JSON; a ProxyConfig without the fields that are as by default."},
	{"push LIST VALUE", "The same as append."},
	{"sortAlpha LIST", "The list as text, in order; the list itself stays as it is."},
	{"squote TEXT...", "Text in single quotes, one of its own written twice."},
	{"strdict KEY VALUE...", "A map of text; a key without a value has the empty one."},
	{"structToJSON VALUE", "A value as JSON, `{}` for none."},
	{"mustToJson VALUE", "toJson, which fails for what is no JSON."},
	{"mustToPrettyJson VALUE", "toPrettyJson, which fails for what is no JSON."},
	{"mustToRawJson VALUE", "toRawJson, which fails for what is no JSON."},
	{"toPrettyJson VALUE", "toJson on several lines."},
	{"toRawJson VALUE", "toJson with `<`, `>` and `&` as they are."},
	{"toJSON MAP", "A map of text as JSON, `{}` for none."},
	{"toJson VALUE", "Anything as JSON that can stand in YAML."},
	{"toJsonMap MAP...", "mergeMaps as JSON."},
	{"toLower TEXT", "The text in small letters."},
	{"toYaml VALUE", "A value as YAML, which ends with a line break."},
	{"valueOrDefault VALUE DEFAULT", "The value, or the default for an empty text or nothing."},
}

var v1Functions = []templateFunction{
	{"annotation .ObjectMeta NAME DEFAULT", "The pod's annotation, or where it has none the default as text."},
	{"applicationPorts .Spec.Containers", "The ports of the containers but `istio-proxy`, comma separated."},
	{"excludeInboundPort PORT LIST", "The comma separated list with the port, which is not added twice, nor where it is empty or 0."},
	{"formatDuration DURATION", "A duration of the mesh configuration as Go prints it, such as `45s`."},
	{"includeInboundPorts .Spec.Containers", "The ports of all containers, comma separated."},
	{"isset MAP KEY", "Whether a map of text has a key."},
	{"toJson MAP", "A map of text as JSON, `{}` for none."},
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
		return reference.Table([]string{"Call", "What it gives"}, rows)
	}
	reference.Hold(t, *update, configurationDocument, "functions of templates", functions(currentFunctions, "functions of templates", own))
	reference.Hold(t, *update, configurationDocument, "sprig's functions", "`"+strings.Join(inherited, "` `")+"`")
	reference.Hold(t, *update, configurationDocument, "functions that do not repeat", "`"+strings.Join(slices.Sorted(maps.Keys(podtemplate.Unrepeatable)), "` `")+"`")
	reference.Hold(t, *update, configurationDocument, "functions of 1.0's template", functions(v1Functions, "functions of 1.0's template", slices.Collect(maps.Keys(podtemplate.V1Functions))))
}
