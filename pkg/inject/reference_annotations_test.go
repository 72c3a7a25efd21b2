package inject

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/reference"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
)

const annotationsDocument = "../../docs/annotations.md"

// podKey is an annotation or label that injection reads or writes.
type podKey struct {
	key string
	// on is what carries it: A for a pod's annotation, L for a pod's label, N for a
	// namespace's annotation.
	on string
	// values and effect are for people. Of a checked annotation, good is a value
	// that is accepted and bad one that is not.
	values, effect string
	good, bad      string
	// own is set where no template but the injector itself goes by it.
	own generations
}

type generations string

const (
	today generations = "all but 1.0"
	v1Own generations = "1.0"
	both  generations = "both"
	// webhook is for what says which pods are sent there.
	webhook generations = "webhook"
)

const (
	ports      = "ports, comma separated"
	portsOrAll = "`*` or " + ports
	ranges     = "IP ranges, comma separated"
	interfaces = "network interfaces, comma separated"
	seconds    = "a whole number"
	quantity   = "a quantity such as `100m` or `128Mi`"
	boolean    = "`true` or `false`"
	text       = "text"
)

// podKeys are the keys that people write, by what they are about.
var podKeys = []struct {
	part string
	keys []podKey
}{
	{"whether a pod is injected", []podKey{
		{key: pod.InjectKey, on: "L, A", values: "`true` or `false`; in the 1.0 format also `y`, `yes` and `on`, and any other value means no", effect: "Whether the pod is injected, regardless of the policy. The label takes precedence over the annotation. In a namespace without an injection label, only the label makes the API server call the webhook. The 1.0 format reads the annotation only, and ignores it in manifests.", own: both},
		{key: rule.DataPlaneLabel, on: "L", values: "`ambient` or `none`", effect: "An injected pod with `ambient` gets a warning: it would be in two data planes.", own: today},
		{key: "istio.io/rev", on: "L", values: "a revision", effect: "The revision whose webhook receives the pod, in a namespace that names none.", own: webhook},
		{key: pod.TemplatesKey, on: "A", values: "names of templates or aliases, comma separated", effect: "The templates for this pod, instead of `defaultTemplates`.", own: today},
		{key: pod.NativeSidecarKey, on: "A", values: boolean, effect: "Whether the proxy is a native sidecar (an init container with `restartPolicy: Always`). Overrides `--native-sidecars`.", own: today},
	}},
	{"the proxy", []podKey{
		{key: "sidecar.istio.io/proxyImage", on: "A", values: "an image", effect: "The proxy's image."},
		{key: pod.ImageTypeKey, on: "A", values: "a variant such as `distroless`, or `default`", effect: "The variant of the proxy's image.", own: today},
		{key: "sidecar.istio.io/proxyCPU", on: "A", values: quantity, good: "100m", bad: "much", effect: "The proxy's CPU request. If a pod sets any of these four annotations, the mesh's own requests and limits for the proxy do not apply."},
		{key: "sidecar.istio.io/proxyCPULimit", on: "A", values: quantity, good: "2", bad: "two", effect: "The proxy's CPU limit."},
		{key: "sidecar.istio.io/proxyMemory", on: "A", values: quantity, good: "128Mi", bad: "128 MB", effect: "The proxy's memory request."},
		{key: "sidecar.istio.io/proxyMemoryLimit", on: "A", values: quantity, good: "1Gi", bad: "1 Gi", effect: "The proxy's memory limit."},
		{key: "sidecar.istio.io/logLevel", on: "A", values: "a level such as `debug`", effect: "The proxy's log level."},
		{key: "sidecar.istio.io/componentLogLevel", on: "A", values: "such as `misc:error`", effect: "Log levels of single components of the proxy."},
		{key: "sidecar.istio.io/agentLogLevel", on: "A", values: "such as `default:info`", effect: "Log levels of the agent that runs the proxy."},
		{key: pod.ProxyConfigKey, on: "A", values: "a ProxyConfig as YAML", good: "concurrency: 2", bad: "concurrency: -1", effect: "Merged over the mesh's `defaultConfig` for this pod. Unknown fields are ignored with a warning.", own: today},
		{key: "sidecar.istio.io/bootstrapOverride", on: "A", values: "the name of a ConfigMap", good: "bootstrap", bad: "My Bootstrap", effect: "The ConfigMap is mounted into the proxy and replaces its bootstrap configuration."},
		{key: "sidecar.istio.io/userVolume", on: "A", values: "a JSON object of volumes by name, or a list", good: `{"scratch":{"emptyDir":{}}}`, bad: `["scratch"]`, effect: "Volumes to add to the pod."},
		{key: "sidecar.istio.io/userVolumeMount", on: "A", values: "a JSON object of mounts by name, or a list", good: `[{"name":"istio-data","mountPath":"/data"}]`, bad: `{"istio-data":"/data"}`, effect: "Volume mounts to add to the proxy."},
		{key: "sidecar.istio.io/capNetBindService", on: "A", values: boolean, effect: "Whether the proxy may bind to ports below 1024."},
		{key: "sidecar.istio.io/discoveryAddress", on: "A", values: "host:port", effect: "The address of the control plane."},
		{key: "sidecar.istio.io/controlPlaneAuthPolicy", on: "A", values: "`NONE` or `MUTUAL_TLS`", effect: "How the proxy and the control plane authenticate each other."},
		{key: pod.NetworkLabel, on: "L", values: "a network", effect: "The pod's network, which sets the proxy's `ISTIO_META_NETWORK`. Overrides the webhook's URL and the values.", own: today},
	}},
	{"which traffic is redirected", []podKey{
		{key: pod.InterceptionKey, on: "A", values: "`REDIRECT`, `TPROXY`, or `NONE` (not in the 1.0 format)", good: "TPROXY", bad: "redirect", effect: "How traffic is redirected to the proxy.", own: today},
		{key: pod.TrafficPrefix + "includeOutboundIPRanges", on: "A", values: "`*` or " + ranges, good: "10.0.0.0/8,192.168.1.1/32", bad: "10.0.0.0", effect: "Outbound traffic to these destinations is redirected. Empty: none."},
		{key: pod.TrafficPrefix + "excludeOutboundIPRanges", on: "A", values: ranges, good: "169.254.169.254/32", bad: "*", effect: "Outbound traffic to these destinations is not redirected."},
		{key: pod.TrafficPrefix + "includeOutboundPorts", on: "A", values: portsOrAll, good: "*", bad: "http", effect: "Outbound traffic to these ports is redirected, regardless of the destination address."},
		{key: pod.TrafficPrefix + "excludeOutboundPorts", on: "A", values: ports, good: "3306,6379", bad: "70000", effect: "Outbound traffic to these ports is not redirected."},
		{key: pod.TrafficPrefix + "includeInboundPorts", on: "A", values: portsOrAll, good: "80, 443", bad: "80-90", effect: "Inbound traffic to these ports is redirected. Empty: none."},
		{key: pod.TrafficPrefix + "excludeInboundPorts", on: "A", values: ports, good: "22", bad: "*", effect: "Inbound traffic to these ports is not redirected."},
		{key: pod.TrafficPrefix + "excludeInterfaces", on: "A", values: interfaces, good: "eth1", bad: "eth1,,eth2", effect: "Traffic on these interfaces is not redirected."},
		{key: "istio.io/reroute-virtual-interfaces", on: "A", values: interfaces, good: "net1,net2", bad: "net 1", effect: "Traffic from these virtual interfaces, such as those of virtual machines, is treated as outbound."},
		{key: pod.TrafficPrefix + "kubevirtInterfaces", on: "A", values: interfaces, good: "net1", bad: "a/b", effect: "Older name of `istio.io/reroute-virtual-interfaces`."},
		{key: pod.NetworksKey, on: "A", values: "Multus networks, as a list or JSON", effect: "With the CNI plugin, the mesh's network is appended."},
	}},
	{"health and metrics", []podKey{
		{key: pod.StatusPortKey, on: "A", values: "a port", good: "15020", bad: "65536", effect: "The port where the agent serves probes and metrics. With 0 there is none: probes are not rewritten, and there is a warning.", own: today},
		{key: "readiness.status.sidecar.istio.io/initialDelaySeconds", on: "A", values: seconds, good: "0", bad: "1s", effect: "`initialDelaySeconds` of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/periodSeconds", on: "A", values: seconds, good: "2", bad: "-2", effect: "`periodSeconds` of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/failureThreshold", on: "A", values: seconds, good: "30", bad: "4294967296", effect: "`failureThreshold` of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/applicationPorts", on: "A", values: portsOrAll, good: "80", bad: "web", effect: "Ports of the application that must accept connections before the proxy is ready."},
		{key: pod.RewriteProbersKey, on: "A", values: boolean, effect: "Whether the application's probes are rewritten to go through the agent.", own: today},
		{key: pod.MergeMetricsKey, on: "A", values: boolean, good: "false", bad: "no", effect: "Whether the agent serves the application's metrics together with the proxy's. Overrides the mesh's `enablePrometheusMerge`.", own: today},
		{key: "prometheus.istio.io/scrape-targets", on: "A", values: "`PORT:PATH`, comma separated", effect: "Ports and paths of the application that the agent scrapes (1.31). The proxy's own ports are not allowed.", own: today},
		{key: "prometheus.istio.io/secure-port", on: "A", values: "a port", effect: "The port that serves the merged metrics over TLS (1.31). If it is missing, it is set from the proxy's environment variable `ENVOY_SECURE_MERGED_METRICS_PORT`.", own: today},
		{key: "prometheus.io/scrape", on: "A", values: boolean, effect: "With `false`, all three are left alone. Otherwise they are rewritten to point at the agent, which scrapes what they pointed at. `prometheus-io/scrape` and its kin are accepted, too.", own: today},
		{key: "prometheus.io/port", on: "A", values: "a port", effect: "The port of the application's metrics.", own: today},
		{key: "prometheus.io/path", on: "A", values: "a path", effect: "The path of the application's metrics.", own: today},
	}},
	{"what the mesh calls the workload", []podKey{
		{key: pod.CanonicalNameLabel, on: "L", values: "a name", effect: "The service that the workload belongs to. If missing, it is set from `app.kubernetes.io/name`, else `app`, else the workload's name."},
		{key: "app.kubernetes.io/name", on: "L", values: "a name", effect: "Default for the canonical name."},
		{key: pod.CanonicalRevisionLabel, on: "L", values: "a version", effect: "The version of that service. If missing, it is set from `app.kubernetes.io/version`, else `version`, else to `latest`."},
		{key: podtemplate.OtelVersionLabel, on: "L", values: "a version", effect: "Default for the canonical revision."},
		{key: "service.istio.io/workload-name", on: "L", values: "a name", effect: "The workload's name in the mesh, if it differs from the Kubernetes name."},
		{key: pod.TLSModeLabel, on: "L", values: text, effect: "If missing, it is set to `istio`: the pod accepts mutual TLS."},
		{key: pod.TunnelLabel, on: "L", values: text, effect: "If missing and the mesh tunnels, it is set to `http`."},
		{key: podtemplate.OtelAnnotation + "NAME", on: "A", values: text, effect: "An OpenTelemetry resource attribute, for templates that call `otelResourceAttributes`.", own: today},
	}},
	{"namespaces", []podKey{
		{key: rule.UIDRangeKey, on: "N", values: "start/size or start-end", effect: "On OpenShift, the proxy runs as the last user ID of the range. A value that cannot be read, or has no last ID, is ignored with a warning.", own: today},
		{key: rule.SupplementalGroupsKey, on: "N", values: "start/size or start-end, comma separated", effect: "On OpenShift, the proxy runs with the last group ID of the first range. Without this annotation, the user range is used. It applies even without a user range.", own: today},
	}},
	{"what injection leaves", []podKey{
		{key: pod.StatusKey, on: "A", values: "JSON", effect: "Lists what was injected, by which revision or template, and what `uninject` could not know otherwise. Marks the pod as injected.", own: both},
		{key: pod.OverridesKey, on: "A", values: "JSON", good: "{}", bad: `{"containers":[{"name":"app","image":1}]}`, effect: "What the pod itself set on injected containers. Read when the pod is injected again.", own: today},
		{key: pod.RecordKey, on: "A", values: text, effect: "Written by `inject --record`: what `uninject` needs to restore the text byte for byte. It survives changes of image tags.", own: both},
		{key: pod.RevisionKey, on: "A", values: "a revision", effect: "The revision that injected the pod."},
		{key: pod.DefaultContainerKey, on: "A", values: "a container", effect: "The default container of `kubectl exec` and `kubectl logs`. If missing, it is set to the application's first container."},
		{key: pod.DefaultLogsKey, on: "A", values: "a container", effect: "The older name of the same, for `kubectl logs`."},
	}},
	{"deprecated", []podKey{
		{key: "sidecar.istio.io/extraStatTags", on: "A", values: text, effect: "Read by the proxy."},
		{key: "sidecar.istio.io/statsInclusionPrefixes", on: "A", values: text, effect: "Read by the proxy."},
		{key: "sidecar.istio.io/statsInclusionSuffixes", on: "A", values: text, effect: "Read by the proxy."},
		{key: "sidecar.istio.io/statsInclusionRegexps", on: "A", values: text, effect: "Read by the proxy."},
		{key: "sidecar.istio.io/statsCompression", on: "A", values: text, effect: "Read by the proxy."},
		{key: "alpha.istio.io/canonical-serviceaccounts", on: "A", values: text, effect: "None."},
		{key: "alpha.istio.io/kubernetes-serviceaccounts", on: "A", values: text, effect: "None."},
	}},
}

// otherKeys look like keys of pods, and are none that people meet in injection.
var otherKeys = []string{
	"argoproj.io/v1alpha1", "docker.io/istio",
	// What a pod for Windows wants of its node.
	"kubernetes.io/os", "beta.kubernetes.io/os", "node.kubernetes.io/windows-build",
	// The labels of a StatefulSet's pods, which tell its replicas apart.
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
}

func TestReferenceOfAnnotations(t *testing.T) {
	templates := map[generations]string{today: profileText(t, "istio"), v1Own: profileText(t, "istio-1.0")}
	documented := slices.Clone(otherKeys)
	for _, group := range podKeys {
		var rows [][]string
		for _, k := range group.keys {
			if !slices.Contains(documented, k.key) { // one may be both read and left
				documented = append(documented, k.key)
			}
			checkExamples(t, k)
			effect := k.effect
			if advice := rule.Deprecation(k.key); advice != "" && k.key != pod.InjectKey {
				effect += " Deprecated: " + advice + "."
			}
			rows = append(rows, []string{"`" + k.key + "`", onWhat(k.on), k.values, effect, readBy(t, k, templates)})
		}
		reference.Hold(t, *update, annotationsDocument, group.part, reference.Table([]string{"Key", "On", "Values", "Effect", "Read or set by"}, rows))
	}
	code := keysIn(templates[today] + templates[v1Own])
	for _, file := range engineSource(t) {
		code = append(code, keysInSource(file)...)
	}
	documented = slices.DeleteFunc(documented, func(key string) bool { return strings.HasPrefix(key, podtemplate.OtelAnnotation) })
	sameKeys(t, "annotations and labels", documented, code)
}

func profileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/profiles/" + name + "/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// What comments name is not read.
	return regexp.MustCompile(`(?m)^\s*#.*|\{\{- /\*(?s:.*?)\*/`).ReplaceAllString(string(text), "")
}

// aKey is an annotation or label with a prefix that is a domain.
const aKey = `[a-z0-9-]+(?:\.[a-z0-9-]+)*\.io/[A-Za-z0-9][A-Za-z0-9._-]*`

func keysIn(text string) []string {
	return regexp.MustCompile(`\b`+aKey).FindAllString(text, -1)
}

// keysInSource are the string literals of a file that are such keys; those that
// are put together of the prefix of traffic's annotations too.
func keysInSource(file *ast.File) []string {
	whole := regexp.MustCompile(`^` + aKey + `$`)
	var keys []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if sel, ok := n.X.(*ast.SelectorExpr); ok && sel.Sel.Name == "TrafficPrefix" {
				keys = append(keys, pod.TrafficPrefix+literals([]ast.Expr{n.Y})[0])
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && whole.MatchString(text) {
				keys = append(keys, text)
			}
		}
		return true
	})
	return keys
}

// checkExamples holds what a key's values are said to be against the checks.
func checkExamples(t *testing.T, k podKey) {
	t.Helper()
	for generation, checks := range map[generations]rule.Checks{today: rule.CurrentChecks, v1Own: rule.V1Checks} {
		check := checks[k.key]
		if check == nil {
			continue
		}
		if k.good == "" || k.bad == "" {
			t.Errorf("%s is checked, and has no examples", k.key)
			continue
		}
		if err := check(k.good); err != nil {
			t.Errorf("%s, %s: %v", generation, k.key, err)
		}
		if check(k.bad) == nil {
			t.Errorf("%s, %s: %q is accepted", generation, k.key, k.bad)
		}
	}
}

func onWhat(on string) string {
	return strings.NewReplacer("A", "annotation", "L", "label", "N", "namespace's annotation", ", ", " or ").Replace(on)
}

// readBy says who goes by a key: the injector, of which generation, or only the
// templates of a profile.
func readBy(t *testing.T, k podKey, templates map[generations]string) string {
	t.Helper()
	var readers []string
	switch k.own {
	case webhook:
		return "webhook configuration"
	case both:
		readers = append(readers, "injector")
	case today:
		readers = append(readers, "injector ("+string(k.own)+")")
	}
	var profiles []string
	for _, p := range []struct {
		generation generations
		name       string
	}{{today, "istio"}, {v1Own, "istio-1.0"}} {
		if slices.Contains(keysIn(templates[p.generation]), k.key) {
			profiles = append(profiles, "`"+p.name+"`")
		}
	}
	if len(profiles) > 0 {
		readers = append(readers, "templates of "+strings.Join(profiles, ", "))
	}
	if len(readers) == 0 && rule.Deprecation(k.key) == "" {
		t.Errorf("nothing reads %s", k.key)
	}
	return strings.Join(readers, "; ")
}
