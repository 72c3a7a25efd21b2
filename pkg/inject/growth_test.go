package inject_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// A way is one by which text of a pod gets in: a pod with n of one thing.
type way struct {
	name string
	// pod changes an ordinary pod.
	pod func(p object, n int)
	// path is that of the call, "" for /inject.
	path func(n int) string
}

// ways are all of them.
var ways = []way{
	{name: "annotations", pod: func(p object, n int) { p["metadata"].(object)["annotations"] = named("example.com/a%d", n) }},
	{name: "annotations of the mesh", pod: func(p object, n int) { annotate(p, named("sidecar.istio.io/a%d", n)) }},
	{name: "annotations of Prometheus", pod: func(p object, n int) { annotate(p, named("prometheus.io/a%d", n)) }},
	{name: "labels", pod: func(p object, n int) { p["metadata"].(object)["labels"] = named("label%d", n) }},
	{name: "finalizers", pod: func(p object, n int) { p["metadata"].(object)["finalizers"] = texts("example.com/f%d", n) }},
	{name: "owners", pod: func(p object, n int) {
		p["metadata"].(object)["ownerReferences"] = times(n, func(i int) any {
			return object{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": fmt.Sprintf("r%d", i), "uid": strconv.Itoa(i)}
		})
	}},
	{name: "unknown fields", pod: func(p object, n int) {
		for i := range n {
			p["spec"].(object)[fmt.Sprintf("field%d", i)] = "x"
		}
	}},
	{name: "containers", pod: func(p object, n int) { p["spec"].(object)["containers"] = containers(n) }},
	{name: "init containers", pod: func(p object, n int) { p["spec"].(object)["initContainers"] = containers(n) }},
	{name: "containers with probes", pod: func(p object, n int) {
		list := containers(n)
		for i := range list {
			probe := object{"httpGet": object{"path": "/", "port": "http"}}
			list[i].(object)["readinessProbe"], list[i].(object)["livenessProbe"] = probe, probe
			list[i].(object)["ports"] = []any{object{"name": "http", "containerPort": 8080}}
		}
		p["spec"].(object)["containers"] = list
	}},
	{name: "containers of one name", pod: func(p object, n int) {
		p["spec"].(object)["containers"] = times(n, func(int) any { return object{"name": "app", "image": "auto"} })
	}},
	{name: "own proxies", pod: func(p object, n int) {
		p["spec"].(object)["containers"] = times(n, func(int) any { return object{"name": "istio-proxy", "image": "auto"} })
	}},
	{name: "variables", pod: func(p object, n int) { container(p)["env"] = variables(n) }},
	{name: "ports", pod: func(p object, n int) { container(p)["ports"] = ports(n) }},
	{name: "mounts", pod: func(p object, n int) { container(p)["volumeMounts"] = mounts(n) }},
	{name: "volumes", pod: func(p object, n int) { p["spec"].(object)["volumes"] = volumes(n) }},
	{name: "pull secrets", pod: func(p object, n int) {
		p["spec"].(object)["imagePullSecrets"] = times(n, func(i int) any { return object{"name": fmt.Sprintf("s%d", i)} })
	}},
	{name: "tolerations", pod: func(p object, n int) {
		p["spec"].(object)["tolerations"] = times(n, func(i int) any { return object{"key": fmt.Sprintf("k%d", i), "operator": "Exists"} })
	}},
	{name: "host aliases", pod: func(p object, n int) {
		p["spec"].(object)["hostAliases"] = times(n, func(i int) any { return object{"ip": fmt.Sprintf("10.0.%d.%d", i/256%256, i%256)} })
	}},
	{name: "sysctls", pod: func(p object, n int) {
		p["spec"].(object)["securityContext"] = object{"sysctls": times(n, func(i int) any { return object{"name": fmt.Sprintf("a.b%d", i), "value": "0"} })}
	}},
	{name: "resources of the pod", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n), "requests": quantities(n)}
	}},
	{name: "resources of the pod and of containers", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n)}
		list := containers(n)
		for i := range list {
			list[i].(object)["resources"] = object{"limits": object{"cpu": "1m"}}
		}
		p["spec"].(object)["containers"] = list
	}},
	{name: "resources of a container in one of the pod", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n)}
		container(p)["resources"] = object{"limits": quantities(n)}
	}},
	{name: "limits of the own proxy", pod: func(p object, n int) {
		own(p, object{"resources": object{"limits": quantities(n), "requests": quantities(n)}})
	}},
	{name: "variables of the own proxy", pod: func(p object, n int) { own(p, object{"env": variables(n)}) }},
	{name: "ports of the own proxy", pod: func(p object, n int) { own(p, object{"ports": ports(n)}) }},
	{name: "mounts of the own proxy", pod: func(p object, n int) { own(p, object{"volumeMounts": mounts(n)}) }},
	{name: "arguments of the own proxy", pod: func(p object, n int) { own(p, object{"args": texts("a%d", n)}) }},
	{name: "capabilities of the own proxy", pod: func(p object, n int) {
		own(p, object{"securityContext": object{"capabilities": object{"add": texts("C%d", n)}}})
	}},
	{name: "unknown fields of the own proxy", pod: func(p object, n int) { own(p, named("field%d", n)) }},
	{name: "own init containers of the mesh", pod: func(p object, n int) {
		p["spec"].(object)["initContainers"] = times(n, func(int) any { return object{"name": "istio-init", "image": "auto"} })
	}},
	{name: "overrides", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": containers(n), "initContainers": containers(n)})
	}},
	{name: "variables in an override", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": []any{object{"name": "istio-proxy", "env": variables(n)}}})
	}},
	{name: "unknown fields in an override", pod: func(p object, n int) {
		o := named("field%d", n)
		o["name"] = "istio-proxy"
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": []any{o}, "initContainers": []any{o}})
	}},
	{name: "names in the status", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
	}},
	{name: "names in the status, and such containers", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
		p["spec"].(object)["initContainers"], p["spec"].(object)["volumes"] = containers(n), volumes(n)
		p["spec"].(object)["containers"] = append(containers(n), object{"name": "web", "image": "example.com/web"})
	}},
	{name: "status, overrides and such containers", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": containers(n)})
		p["spec"].(object)["containers"] = append(containers(n), object{"name": "web", "image": "example.com/web"})
	}},
	{name: "members of the status", pod: func(p object, n int) { annotateJSON(p, "sidecar.istio.io/status", named("m%d", n)) }},
	{name: "proxyMetadata", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/config", object{"proxyMetadata": named("M%d", n)})
	}},
	{name: "proxyMetadata in lines", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": "proxyMetadata:\n" + strings.Join(strs("  M%d: x\n", n), "")})
	}},
	{name: "unknown fields in proxy.istio.io/config", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/config", named("field%d", n))
	}},
	{name: "templates", pod: func(p object, n int) {
		annotate(p, object{"inject.istio.io/templates": strings.Repeat("sidecar,", n) + "sidecar"})
	}},
	{name: "unknown templates", pod: func(p object, n int) {
		annotate(p, object{"inject.istio.io/templates": strings.Join(strs("t%d", n), ",")})
	}},
	{name: "ports in annotations", pod: func(p object, n int) {
		list := strings.Join(strs("%d", n), ",")
		annotate(p, object{
			"traffic.sidecar.istio.io/includeInboundPorts": list, "traffic.sidecar.istio.io/excludeInboundPorts": list,
			"traffic.sidecar.istio.io/includeOutboundPorts": list, "traffic.sidecar.istio.io/excludeOutboundPorts": list,
		})
	}},
	{name: "wrong ports in an annotation", pod: func(p object, n int) {
		annotate(p, object{"traffic.sidecar.istio.io/includeInboundPorts": strings.Join(strs("p%d", n), ",")})
	}},
	{name: "IP ranges in an annotation", pod: func(p object, n int) {
		annotate(p, object{"traffic.sidecar.istio.io/includeOutboundIPRanges": strings.Repeat("10.0.0.0/8,", n) + "10.0.0.0/8"})
	}},
	{name: "scrape targets", pod: func(p object, n int) {
		annotate(p, object{"prometheus.istio.io/scrape-targets": strings.Repeat("8080:/m,", n) + "8080:/m"})
	}},
	{name: "networks", pod: func(p object, n int) {
		annotate(p, object{"k8s.v1.cni.cncf.io/networks": strings.Join(strs("n%d", n), ",")})
	}},
	{name: "user volumes", pod: func(p object, n int) {
		v, m := object{}, object{}
		for i := range n {
			v[fmt.Sprintf("v%d", i)] = object{"emptyDir": object{}}
			m[fmt.Sprintf("v%d", i)] = object{"mountPath": fmt.Sprintf("/m%d", i)}
		}
		annotateJSON(p, "sidecar.istio.io/userVolume", v)
		annotateJSON(p, "sidecar.istio.io/userVolumeMount", m)
	}},
	{name: "lists in lists", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": strings.Repeat("[", n) + strings.Repeat("]", n)})
	}},
	{name: "probers of an earlier injection", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", object{"containers": []any{"istio-proxy"}})
		own(p, object{"env": []any{object{"name": "ISTIO_KUBE_APP_PROBERS", "value": string(jsonOf(named("/app-health/a%d/readyz", n)))}}})
	}},
	{name: "variables in the path", path: func(n int) string { return "/inject/" + strings.Join(strs("k%d/v", min(n, 4000)), "/") }},
}

func jsonOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

func times(n int, f func(int) any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = f(i)
	}
	return list
}

func strs(format string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return list
}

func texts(format string, n int) []any {
	return times(n, func(i int) any { return fmt.Sprintf(format, i) })
}

func named(format string, n int) object {
	o := make(object, n)
	for i := range n {
		o[fmt.Sprintf(format, i)] = "x"
	}
	return o
}

func containers(n int) []any {
	return times(n, func(i int) any { return object{"name": fmt.Sprintf("c%d", i), "image": "example.com/c"} })
}

func variables(n int) []any {
	return times(n, func(i int) any { return object{"name": fmt.Sprintf("V%d", i), "value": "x"} })
}

func ports(n int) []any {
	return times(n, func(i int) any { return object{"containerPort": i + 1} })
}

func mounts(n int) []any {
	return times(n, func(i int) any { return object{"name": fmt.Sprintf("v%d", i), "mountPath": fmt.Sprintf("/m%d", i)} })
}

func volumes(n int) []any {
	return times(n, func(i int) any { return object{"name": fmt.Sprintf("v%d", i), "emptyDir": object{}} })
}

func quantities(n int) object {
	o := make(object, n)
	for i := range n {
		o[fmt.Sprintf("example.com/r%d", i)] = "1"
	}
	return o
}

func statusOf(n int) object {
	return object{"initContainers": texts("c%d", n), "containers": texts("c%d", n), "volumes": texts("v%d", n), "imagePullSecrets": texts("s%d", n), "revision": "default"}
}

func annotate(p object, annotations object) {
	meta := p["metadata"].(object)
	if meta["annotations"] == nil {
		meta["annotations"] = object{}
	}
	for key, value := range annotations {
		meta["annotations"].(object)[key] = value
	}
}

func annotateJSON(p object, key string, value any) { annotate(p, object{key: string(jsonOf(value))}) }

func container(p object) object { return p["spec"].(object)["containers"].([]any)[0].(object) }

func own(p, proxy object) {
	proxy["name"], proxy["image"] = "istio-proxy", "auto"
	p["spec"].(object)["containers"] = append(p["spec"].(object)["containers"].([]any), proxy)
}

func (e way) request(n int) inject.Request {
	p := object{"metadata": object{"name": "web"}, "spec": object{"containers": []any{object{"name": "web", "image": "example.com/web"}}}}
	if e.pod != nil {
		e.pod(p, n)
	}
	r := inject.Request{Pod: jsonOf(p), Namespace: "shop"}
	if e.path != nil {
		r.Params = inject.ParsePath(e.path(n))
	}
	return r
}

func profileInjector(t testing.TB, name string) *inject.Injector {
	read := func(file string) []byte {
		text, err := os.ReadFile(filepath.Join("../../deploy/profiles", name, file))
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	return compile(t, inject.Sources{Config: read("config.yaml"), Values: read("values.yaml"), Mesh: read("mesh.yaml")}, inject.Options{})
}

// growing are the injectors that pods grow under: the profiles, of both generations.
func growing(t testing.TB) map[string]*inject.Injector {
	return map[string]*inject.Injector{"istio": profileInjector(t, "istio"), "istio-1.0": profileInjector(t, "istio-1.0")}
}

// TestWorkGrowsInProportion: of twice as much in a pod no way makes more than twice as
// much work, counted in bytes, for which a few things that every pod costs are taken
// off. What is searched and not copied, TestLargeObjectsCostInProportion is about.
func TestWorkGrowsInProportion(t *testing.T) {
	const n = 1500
	for name, in := range growing(t) {
		for _, e := range ways {
			t.Run(name+"/"+e.name, func(t *testing.T) {
				for what, do := range map[string]func(inject.Request){
					"injecting":                func(r inject.Request) { _, _ = in.Forgetful().Inject(r) },
					"taking the injection off": func(r inject.Request) { _, _ = inject.Uninject(r.Pod, r.Workload) },
				} {
					none, once, twice := e.request(1), e.request(n), e.request(2*n)
					do(once)
					basis := min(allocated(func() { do(none) }), allocated(func() { do(none) }))
					first, second := allocated(func() { do(once) }), allocated(func() { do(twice) })
					if more, much := second-basis, first-basis; more > 2.6*max(much, 0)+1<<20 {
						t.Errorf("%s: %.0f KB, and of twice as many %.0f KB", what, much/1024, more/1024)
					}
				}
			})
		}
	}
}

// allocated is how many bytes are set aside while something is done.
func allocated(do func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// processorTime is what this process has had.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkGrowth draws the curves: processor time, and the most memory at one time as a multiple
// of the pod's size.
func BenchmarkGrowth(b *testing.B) {
	for name, in := range growing(b) {
		for _, e := range ways {
			for _, n := range []int{5_000, 10_000, 20_000} {
				r := e.request(n)
				b.Run(fmt.Sprintf("%s/%s/%d", name, e.name, n), func(b *testing.B) {
					once := func() { _, _ = in.Forgetful().Inject(r) }
					peak := peakOf(once)
					b.ReportAllocs()
					began := processorTime()
					for b.Loop() {
						once()
					}
					b.ReportMetric(float64((processorTime()-began).Milliseconds())/float64(b.N), "cpu-ms")
					b.ReportMetric(float64(len(r.Pod))/1024, "KB")
					b.ReportMetric(peak/float64(len(r.Pod)), "times-its-size")
				})
			}
		}
	}
}

// peakOf is how many bytes are alive at most while something is done.
func peakOf(do func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	runtime.GC()
	alive := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() float64 {
		metrics.Read(alive)
		return float64(alive[0].Value.Uint64())
	}
	before := read()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	peak := before
	for {
		select {
		case <-done:
			return peak - before
		default:
			peak = max(peak, read())
		}
	}
}
