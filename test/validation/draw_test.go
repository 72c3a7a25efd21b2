package validation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

type object = map[string]any

// drawer draws pods that Kubernetes takes, or nearly: what it refuses is drawn again.
type drawer struct{ *rapid.T }

func (d drawer) of(label string, values ...any) any {
	return rapid.SampledFrom(values).Draw(d.T, label)
}

// oneIn says yes in one case of n.
func (d drawer) oneIn(n int, label string) bool {
	return rapid.IntRange(1, n).Draw(d.T, label+"?") == n
}

func (d drawer) count(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(d.T, label)
}

// maybe sets a field in one case of n.
func (d drawer) maybe(n int, o object, field string, draw func() any) {
	if d.oneIn(n, field) {
		o[field] = draw()
	}
}

// longName is a name of nearly a length, with dots, dashes and underscores where a cut
// may fall.
func longName(length int, between string) string {
	return strings.Repeat("a"+between+"b", length)[:length-1] + "z"
}

func drawPod(t *rapid.T) []byte {
	d := drawer{t}
	pod := object{"apiVersion": "v1", "kind": "Pod", "metadata": d.metadata(), "spec": d.spec()}
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (d drawer) metadata() object {
	m := object{"name": d.of("name", "web", longName(63, "-"), longName(253, "."), longName(100, "-"))}
	if d.oneIn(3, "owned") {
		name := m["name"].(string)
		m["generateName"] = cut(name, 240) + "-"
		m["ownerReferences"] = []any{object{
			"apiVersion": d.of("owner's version", "apps/v1", "batch/v1", "example.com/v1"), "uid": "1", "controller": true,
			"kind": d.of("owner's kind", "ReplicaSet", "StatefulSet", "Job", "Other"), "name": name,
		}}
	}
	labels := object{}
	for _, key := range []string{
		"app", "app.kubernetes.io/name", "version", "app.kubernetes.io/version", "service.istio.io/canonical-name",
		"topology.istio.io/network", "service.istio.io/workload-name", "security.istio.io/tlsMode",
	} {
		d.maybe(6, labels, key, func() any { return d.of(key, "a", "", longName(63, "."), longName(63, "_"), longName(63, "-")) })
	}
	d.maybe(2, m, "labels", func() any { return labels })
	d.maybe(2, m, "annotations", func() any { return d.annotations() })
	return m
}

// annotationValues are annotations that steer injection, with values of which some ask
// for what Kubernetes refuses.
var annotationValues = map[string][]any{
	"sidecar.istio.io/proxyCPU":                           {"100m", "2", "0"},
	"sidecar.istio.io/proxyCPULimit":                      {"1", "50m"},
	"sidecar.istio.io/proxyMemory":                        {"64Mi", "2Gi"},
	"sidecar.istio.io/proxyMemoryLimit":                   {"128Mi", "1Gi"},
	"sidecar.istio.io/interceptionMode":                   {"REDIRECT", "TPROXY", "NONE"},
	"sidecar.istio.io/capNetBindService":                  {"true", "false"},
	"sidecar.istio.io/bootstrapOverride":                  {"boot", longName(253, ".")},
	"sidecar.istio.io/proxyImage":                         {"hub/own:1", "short"},
	"sidecar.istio.io/logLevel":                           {"debug"},
	"sidecar.istio.io/nativeSidecar":                      {"true", "false"},
	"sidecar.istio.io/rewriteAppHTTPProbers":              {"true", "false"},
	"sidecar.istio.io/userVolume":                         {`{"v": {"emptyDir": {}}}`, `[{"name": "v", "secret": {"secretName": "s"}}]`, `{"V.w": {"emptyDir": {}}}`, `{"v": {"emptyDir": {}, "secret": {"secretName": "s"}}}`, `{"v": {}}`},
	"sidecar.istio.io/userVolumeMount":                    {`{"v": {"mountPath": "/v"}}`, `[{"name": "v", "mountPath": "/v"}]`, `{"data": {"mountPath": "/v", "subPath": "a"}}`, `{"v": {"mountPath": ""}}`},
	"status.sidecar.istio.io/port":                        {"15099", "0", "15020"},
	"traffic.sidecar.istio.io/includeOutboundIPRanges":    {"*", "10.0.0.0/8", ""},
	"traffic.sidecar.istio.io/excludeInboundPorts":        {"22,23", "*", ""},
	"traffic.sidecar.istio.io/excludeInterfaces":          {"eth1"},
	"prometheus.io/port":                                  {"8080", "15020"},
	"prometheus.io/scrape":                                {"true", "false"},
	"prometheus.istio.io/merge-metrics":                   {"true", "false"},
	"inject.istio.io/templates":                           {"sidecar", "gateway"},
	"proxy.istio.io/config":                               {"concurrency: 2", "holdApplicationUntilProxyStarts: true", `proxyMetadata: {A: b, "a.b-c": d}`, `proxyMetadata: {"a=b": c}`, "statusPort: 15099", "interceptionMode: TPROXY"},
	"kubectl.kubernetes.io/default-container":             {"app0"},
	"container.apparmor.security.beta.kubernetes.io/app0": {"runtime/default"},
	"example.com/a.b":                                     {"<x>", "", longName(1000, " ")},
}

func (d drawer) annotations() object {
	all := object{}
	for _, key := range sorted(annotationValues) {
		d.maybe(8, all, key, func() any { return d.of(key, annotationValues[key]...) })
	}
	return all
}

func (d drawer) spec() object {
	s := object{}
	var volumes []any
	names := []any{"data", "istio-envoy", "istio-data", "istio-token", "istio-podinfo", "istiod-ca-cert", "workload-socket", longName(63, "-")}
	for _, name := range names {
		if d.oneIn(6, fmt.Sprint("volume ", name)) {
			volumes = append(volumes, d.volume(name.(string)))
		}
	}
	s["volumes"] = volumes
	var containers, inits []any
	for i := range d.count("containers", 1, 3) {
		name := fmt.Sprint("app", i)
		if i == 2 {
			name = longName(63, "-")
		}
		containers = append(containers, d.container(name, volumes, ordinary))
	}
	for i := range d.count("init containers", 0, 2) {
		inits = append(inits, d.container(fmt.Sprint("setup", i), volumes, d.of("init kind", initial, sidecar).(kind)))
	}
	switch d.count("own proxy", 0, 5) {
	case 1:
		own := d.container("istio-proxy", volumes, ordinary)
		own["image"] = d.of("own image", "auto", "own:1")
		containers = append(containers, own)
		if d.oneIn(5, "nothing else") {
			containers, inits = []any{own}, nil
		}
	case 2:
		own := d.container("istio-proxy", volumes, sidecar)
		own["image"] = d.of("own image", "auto", "own:1")
		inits = append(inits, own)
	}
	if d.oneIn(8, "own istio-init") {
		own := d.container("istio-init", volumes, initial)
		own["image"] = d.of("own image", "auto", "own:1")
		inits = append(inits, own)
	}
	s["containers"], s["initContainers"] = containers, inits
	d.maybe(8, s, "ephemeralContainers", func() any {
		return []any{object{"name": d.of("ephemeral", "debug", "istio-proxy"), "image": "debug:1"}}
	})
	d.maybe(4, s, "resources", func() any {
		return d.of("pod's resources",
			object{"requests": object{"cpu": "500m", "memory": "512Mi"}, "limits": object{"cpu": "1", "memory": "512Mi"}},
			object{"requests": object{"cpu": "10", "memory": "16Gi"}},
			object{"limits": object{"cpu": "4", "memory": "8Gi"}},
			object{"limits": object{"memory": "640Mi"}})
	})
	d.maybe(4, s, "securityContext", func() any {
		return d.of("pod's security", object{"runAsUser": 1000, "fsGroup": 2000}, object{"runAsNonRoot": true, "seccompProfile": object{"type": "RuntimeDefault"}}, object{"supplementalGroups": []any{1}, "sysctls": []any{object{"name": "net.ipv4.tcp_syncookies", "value": "1"}}})
	})
	d.maybe(6, s, "restartPolicy", func() any { return d.of("restarts", "Always", "OnFailure", "Never") })
	d.maybe(6, s, "terminationGracePeriodSeconds", func() any { return d.of("grace", 0, 1, 30) })
	d.maybe(6, s, "serviceAccountName", func() any { return d.of("account", "sa", longName(253, ".")) })
	d.maybe(6, s, "imagePullSecrets", func() any { return []any{object{"name": "mine"}} })
	for _, field := range []string{"hostPID", "hostNetwork", "hostIPC"} {
		d.maybe(12, s, field, func() any { return true })
	}
	if s["hostPID"] == nil {
		d.maybe(8, s, "shareProcessNamespace", func() any { return true })
	}
	if s["hostPID"] == nil && s["hostNetwork"] == nil && s["hostIPC"] == nil {
		d.maybe(8, s, "hostUsers", func() any { return false })
	}
	d.maybe(8, s, "dnsConfig", func() any {
		return object{"searches": []any{"a.b"}, "options": []any{object{"name": "ndots", "value": "2"}}}
	})
	d.maybe(8, s, "schedulingGates", func() any { return []any{object{"name": "example.com/gate"}} })
	d.maybe(8, s, "resourceClaims", func() any { return []any{object{"name": "gpu", "resourceClaimName": "claim"}} })
	if d.oneIn(12, "windows") {
		d.windows(s)
	}
	return s
}

// windows makes a pod one of Windows, which has none of what Linux has.
func (d drawer) windows(s object) {
	s["os"] = object{"name": "windows"}
	s["securityContext"] = object{"windowsOptions": object{"runAsUserName": "ContainerUser"}}
	for _, field := range []string{"shareProcessNamespace", "hostPID", "hostIPC", "hostUsers", "ephemeralContainers", "resources"} {
		delete(s, field)
	}
	for _, list := range []string{"containers", "initContainers"} {
		for _, c := range s[list].([]any) {
			delete(c.(object), "securityContext")
		}
	}
}

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
