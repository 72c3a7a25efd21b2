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
	today generations = "today's"
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
		{key: pod.InjectKey, on: "L, A", values: "`true` or `false`; under 1.0 also `y`, `yes`, `on`, and anything else for no", effect: "Whether the pod is injected, whatever the policy. The label counts before the annotation, and only the label brings a pod to the webhook from a namespace that is not labelled. 1.0 reads the annotation alone, and not in manifests.", own: both},
		{key: rule.DataPlaneLabel, on: "L", values: "`ambient` or `none`", effect: "Beside a sidecar, `ambient` is worth a warning: one data plane is enough.", own: today},
		{key: "istio.io/rev", on: "L", values: "a revision", effect: "Which revision's webhook the pod goes to, from a namespace that names none.", own: webhook},
		{key: pod.TemplatesKey, on: "A", values: "names of templates or aliases, comma separated", effect: "The templates for this pod, in place of `defaultTemplates`.", own: today},
		{key: pod.NativeSidecarKey, on: "A", values: boolean, effect: "Whether the proxy is a native sidecar: an init container that keeps running. Counts before `--native-sidecars`.", own: today},
	}},
	{"the proxy", []podKey{
		{key: "sidecar.istio.io/proxyImage", on: "A", values: "an image", effect: "The proxy's image."},
		{key: pod.ImageTypeKey, on: "A", values: "a variant such as `distroless`, or `default`", effect: "The variant of the proxy's image.", own: today},
		{key: "sidecar.istio.io/proxyCPU", on: "A", values: quantity, good: "100m", bad: "much", effect: "The proxy's request for CPU. A pod with one of the four says all of the proxy's resources."},
		{key: "sidecar.istio.io/proxyCPULimit", on: "A", values: quantity, good: "2", bad: "two", effect: "The proxy's limit of CPU."},
		{key: "sidecar.istio.io/proxyMemory", on: "A", values: quantity, good: "128Mi", bad: "128 MB", effect: "The proxy's request for memory."},
		{key: "sidecar.istio.io/proxyMemoryLimit", on: "A", values: quantity, good: "1Gi", bad: "1 Gi", effect: "The proxy's limit of memory."},
		{key: "sidecar.istio.io/logLevel", on: "A", values: "a level such as `debug`", effect: "How much the proxy logs."},
		{key: "sidecar.istio.io/componentLogLevel", on: "A", values: "such as `misc:error`", effect: "The same for the proxy's parts."},
		{key: "sidecar.istio.io/agentLogLevel", on: "A", values: "such as `default:info`", effect: "The same for the agent beside the proxy."},
		{key: pod.ProxyConfigKey, on: "A", values: "a ProxyConfig as YAML", good: "concurrency: 2", bad: "concurrency: -1", effect: "Laid over the mesh's `defaultConfig`, for this pod. A field that no ProxyConfig has is ignored, with a warning.", own: today},
		{key: "sidecar.istio.io/bootstrapOverride", on: "A", values: "the name of a ConfigMap", good: "bootstrap", bad: "My Bootstrap", effect: "Mounted into the proxy, which starts with it in place of its own bootstrap."},
		{key: "sidecar.istio.io/userVolume", on: "A", values: "a JSON object of volumes by name, or a list", good: `{"scratch":{"emptyDir":{}}}`, bad: `["scratch"]`, effect: "Volumes for the pod."},
		{key: "sidecar.istio.io/userVolumeMount", on: "A", values: "a JSON object of mounts by name, or a list", good: `[{"name":"istio-data","mountPath":"/data"}]`, bad: `{"istio-data":"/data"}`, effect: "Mounts for the proxy."},
		{key: "sidecar.istio.io/capNetBindService", on: "A", values: boolean, effect: "Whether the proxy may open ports below 1024."},
		{key: "sidecar.istio.io/discoveryAddress", on: "A", values: "host:port", effect: "Where the proxy gets its configuration."},
		{key: "sidecar.istio.io/controlPlaneAuthPolicy", on: "A", values: "`NONE` or `MUTUAL_TLS`", effect: "How the proxy and its control plane know each other."},
		{key: pod.NetworkLabel, on: "L", values: "a network", effect: "The network that the pod is in: `ISTIO_META_NETWORK` of the proxy. Counts before the webhook's URL and the values.", own: today},
	}},
	{"which traffic is redirected", []podKey{
		{key: pod.InterceptionKey, on: "A", values: "`REDIRECT`, `TPROXY`, in today's generation also `NONE`", good: "TPROXY", bad: "redirect", effect: "How traffic comes to the proxy.", own: today},
		{key: pod.TrafficPrefix + "includeOutboundIPRanges", on: "A", values: "`*` or " + ranges, good: "10.0.0.0/8,192.168.1.1/32", bad: "10.0.0.0", effect: "The destinations whose traffic is redirected. Empty for none."},
		{key: pod.TrafficPrefix + "excludeOutboundIPRanges", on: "A", values: ranges, good: "169.254.169.254/32", bad: "*", effect: "Destinations whose traffic is not."},
		{key: pod.TrafficPrefix + "includeOutboundPorts", on: "A", values: portsOrAll, good: "*", bad: "http", effect: "Destination ports whose traffic is redirected whatever the address."},
		{key: pod.TrafficPrefix + "excludeOutboundPorts", on: "A", values: ports, good: "3306,6379", bad: "70000", effect: "Destination ports whose traffic is not."},
		{key: pod.TrafficPrefix + "includeInboundPorts", on: "A", values: portsOrAll, good: "80, 443", bad: "80-90", effect: "The pod's ports whose traffic is redirected. Empty for none."},
		{key: pod.TrafficPrefix + "excludeInboundPorts", on: "A", values: ports, good: "22", bad: "*", effect: "The pod's ports whose traffic is not."},
		{key: pod.TrafficPrefix + "excludeInterfaces", on: "A", values: interfaces, good: "eth1", bad: "eth1,,eth2", effect: "Interfaces whose traffic is not."},
		{key: "istio.io/reroute-virtual-interfaces", on: "A", values: interfaces, good: "net1,net2", bad: "net 1", effect: "Virtual interfaces, such as those of virtual machines, whose traffic from within counts as outbound."},
		{key: pod.TrafficPrefix + "kubevirtInterfaces", on: "A", values: interfaces, good: "net1", bad: "a/b", effect: "The same by its older name."},
		{key: pod.NetworksKey, on: "A", values: "networks of Multus, as a list or JSON", effect: "Keeps what it says, and under CNI gets the mesh's network in addition."},
	}},
	{"health and metrics", []podKey{
		{key: pod.StatusPortKey, on: "A", values: "a port", good: "15020", bad: "65536", effect: "The port at which the proxy's agent answers for probes and metrics; 0 for none: then probes stay as they are, with a warning.", own: today},
		{key: "readiness.status.sidecar.istio.io/initialDelaySeconds", on: "A", values: seconds, good: "0", bad: "1s", effect: "Of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/periodSeconds", on: "A", values: seconds, good: "2", bad: "-2", effect: "Of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/failureThreshold", on: "A", values: seconds, good: "30", bad: "4294967296", effect: "Of the proxy's readiness probe."},
		{key: "readiness.status.sidecar.istio.io/applicationPorts", on: "A", values: portsOrAll, good: "80", bad: "web", effect: "The application's ports that have to be open for the proxy to be ready."},
		{key: pod.RewriteProbersKey, on: "A", values: boolean, effect: "Whether the kubelet's probes of the application go through the agent.", own: today},
		{key: pod.MergeMetricsKey, on: "A", values: boolean, good: "false", bad: "no", effect: "Whether the agent serves the application's metrics together with the proxy's. Counts before the mesh's `enablePrometheusMerge`.", own: today},
		{key: "prometheus.istio.io/scrape-targets", on: "A", values: "`PORT:PATH`, comma separated", effect: "Several ports and paths of the application that the agent scrapes (1.31). None may be the proxy's own.", own: today},
		{key: "prometheus.istio.io/secure-port", on: "A", values: "a port", effect: "Where the merged metrics are had by TLS: set from the proxy's variable `ENVOY_SECURE_MERGED_METRICS_PORT`, unless it is there (1.31).", own: today},
		{key: "prometheus.io/scrape", on: "A", values: boolean, effect: "`false` leaves all three as they are. Otherwise they become the agent's, which is told what they were. `prometheus-io/scrape` and the like count too.", own: today},
		{key: "prometheus.io/port", on: "A", values: "a port", effect: "Where the application's metrics are.", own: today},
		{key: "prometheus.io/path", on: "A", values: "a path", effect: "Where the application's metrics are.", own: today},
	}},
	{"what the mesh calls the workload", []podKey{
		{key: pod.CanonicalNameLabel, on: "L", values: "a name", effect: "The service. Set where it is not there, from the first of the following that is."},
		{key: "app.kubernetes.io/name", on: "L", values: "a name", effect: "Stands for the service's name; so does label `app`."},
		{key: pod.CanonicalRevisionLabel, on: "L", values: "a version", effect: "The service's version. Set where it is not there, from the first of the following that is, else to `latest`."},
		{key: podtemplate.OtelVersionLabel, on: "L", values: "a version", effect: "Stands for the service's version; so does label `version`."},
		{key: "service.istio.io/workload-name", on: "L", values: "a name", effect: "The workload's name for the mesh, in place of its own."},
		{key: pod.TLSModeLabel, on: "L", values: text, effect: "Set to `istio` where it is not there: the pod takes mutual TLS."},
		{key: pod.TunnelLabel, on: "L", values: text, effect: "Set to `http` where it is not there and the mesh tunnels."},
		{key: podtemplate.OtelAnnotation + "NAME", on: "A", values: text, effect: "A resource attribute of OpenTelemetry, where a template asks for them by `otelResourceAttributes`.", own: today},
	}},
	{"namespaces", []podKey{
		{key: rule.UIDRangeKey, on: "N", values: "start/size or start-end", effect: "On OpenShift, the proxy's user: the last of the range. What cannot be read counts for nothing, with a warning.", own: today},
		{key: rule.SupplementalGroupsKey, on: "N", values: "start/size or start-end, comma separated", effect: "On OpenShift, the proxy's group: the last of the first range; without it, that of the user's range. It counts without one for users, too.", own: today},
	}},
	{"what injection leaves", []podKey{
		{key: pod.StatusKey, on: "A", values: "JSON", effect: "The names of what injection put in, and by which revision or template. Marks a pod as injected.", own: both},
		{key: pod.OverridesKey, on: "A", values: "JSON", good: "{}", bad: `{"containers":[{"name":"app","image":1}]}`, effect: "What the pod itself said of injected containers, for when it is injected again.", own: today},
		{key: pod.RecordKey, on: "A", values: text, effect: "With `inject --record`, what `uninject` needs to bring back the text to the byte.", own: both},
		{key: pod.RevisionKey, on: "A", values: "a revision", effect: "The revision that injected the pod."},
		{key: pod.DefaultContainerKey, on: "A", values: "a container", effect: "The application's first container, where it is not there: the one that `kubectl exec` means."},
		{key: pod.DefaultLogsKey, on: "A", values: "a container", effect: "The same, by the older name, for `kubectl logs`."},
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
	case today, v1Own:
		readers = append(readers, "injector, "+string(k.own)+" generation")
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
