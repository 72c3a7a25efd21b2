package podtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

type object = map[string]any

// A Way is one by which text of a pod gets in: a pod with n of one thing.
type Way struct {
	Name string
	// pod changes an ordinary pod.
	pod func(p object, n int)
	// Path is that of the call, "" for /inject.
	Path func(n int) string
}

// Ways are all of them.
var Ways = []Way{
	{Name: "annotations", pod: func(p object, n int) { p["metadata"].(object)["annotations"] = manyOf("example.com/a%d", n) }},
	{Name: "annotations of the mesh", pod: func(p object, n int) { annotate(p, manyOf("sidecar.istio.io/a%d", n)) }},
	{Name: "annotations of Prometheus", pod: func(p object, n int) { annotate(p, manyOf("prometheus.io/a%d", n)) }},
	{Name: "labels", pod: func(p object, n int) { p["metadata"].(object)["labels"] = manyOf("label%d", n) }},
	{Name: "finalizers", pod: func(p object, n int) { p["metadata"].(object)["finalizers"] = texts("example.com/f%d", n) }},
	{Name: "owners", pod: func(p object, n int) {
		p["metadata"].(object)["ownerReferences"] = times(n, func(i int) any {
			return object{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": fmt.Sprintf("r%d", i), "uid": strconv.Itoa(i)}
		})
	}},
	{Name: "unknown fields", pod: func(p object, n int) {
		for i := range n {
			p["spec"].(object)[fmt.Sprintf("field%d", i)] = "x"
		}
	}},
	{Name: "managed fields", pod: func(p object, n int) {
		fields := object{}
		for i := range n {
			fields[fmt.Sprintf("f:x%d", i)] = object{}
		}
		p["metadata"].(object)["managedFields"] = times(n, func(i int) any {
			return object{"manager": fmt.Sprintf("m%d", i), "operation": "Update", "apiVersion": "v1"}
		})
		p["metadata"].(object)["managedFields"].([]any)[0].(object)["fieldsV1"] = fields
	}},
	{Name: "ephemeral containers", pod: func(p object, n int) { p["spec"].(object)["ephemeralContainers"] = containers(n) }},
	{Name: "node affinity", pod: func(p object, n int) {
		p["spec"].(object)["affinity"] = object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{
			"nodeSelectorTerms": times(n, func(i int) any {
				return object{"matchExpressions": []any{object{"key": fmt.Sprintf("k%d", i), "operator": "Exists"}}}
			}),
		}}}
	}},
	{Name: "containers", pod: func(p object, n int) { p["spec"].(object)["containers"] = containers(n) }},
	{Name: "init containers", pod: func(p object, n int) { p["spec"].(object)["initContainers"] = containers(n) }},
	{Name: "containers with probes", pod: func(p object, n int) {
		list := containers(n)
		for i := range list {
			probe := object{"httpGet": object{"path": "/", "port": "http"}}
			list[i].(object)["readinessProbe"], list[i].(object)["livenessProbe"] = probe, probe
			list[i].(object)["ports"] = []any{object{"name": "http", "containerPort": 8080}}
		}
		p["spec"].(object)["containers"] = list
	}},
	{Name: "containers of one name", pod: func(p object, n int) {
		p["spec"].(object)["containers"] = times(n, func(int) any { return object{"name": "app", "image": "auto"} })
	}},
	{Name: "own proxies", pod: func(p object, n int) {
		p["spec"].(object)["containers"] = times(n, func(int) any { return object{"name": "istio-proxy", "image": "auto"} })
	}},
	{Name: "variables", pod: func(p object, n int) { container(p)["env"] = variables(n) }},
	{Name: "ports", pod: func(p object, n int) { container(p)["ports"] = ports(n) }},
	{Name: "mounts", pod: func(p object, n int) { container(p)["volumeMounts"] = mounts(n) }},
	{Name: "volumes", pod: func(p object, n int) { p["spec"].(object)["volumes"] = volumes(n) }},
	{Name: "pull secrets", pod: func(p object, n int) {
		p["spec"].(object)["imagePullSecrets"] = times(n, func(i int) any { return object{"name": fmt.Sprintf("s%d", i)} })
	}},
	{Name: "tolerations", pod: func(p object, n int) {
		p["spec"].(object)["tolerations"] = times(n, func(i int) any { return object{"key": fmt.Sprintf("k%d", i), "operator": "Exists"} })
	}},
	{Name: "host aliases", pod: func(p object, n int) {
		p["spec"].(object)["hostAliases"] = times(n, func(i int) any { return object{"ip": fmt.Sprintf("10.0.%d.%d", i/256%256, i%256)} })
	}},
	{Name: "sysctls", pod: func(p object, n int) {
		p["spec"].(object)["securityContext"] = object{"sysctls": times(n, func(i int) any { return object{"name": fmt.Sprintf("a.b%d", i), "value": "0"} })}
	}},
	{Name: "resources of the pod", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n), "requests": quantities(n)}
	}},
	{Name: "resources of the pod and of containers", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n)}
		list := containers(n)
		for i := range list {
			list[i].(object)["resources"] = object{"limits": object{"cpu": "1m"}}
		}
		p["spec"].(object)["containers"] = list
	}},
	{Name: "resources of a container in one of the pod", pod: func(p object, n int) {
		p["spec"].(object)["resources"] = object{"limits": quantities(n)}
		container(p)["resources"] = object{"limits": quantities(n)}
	}},
	{Name: "limits of the own proxy", pod: func(p object, n int) {
		own(p, object{"resources": object{"limits": quantities(n), "requests": quantities(n)}})
	}},
	{Name: "variables of the own proxy", pod: func(p object, n int) { own(p, object{"env": variables(n)}) }},
	{Name: "ports of the own proxy", pod: func(p object, n int) { own(p, object{"ports": ports(n)}) }},
	{Name: "mounts of the own proxy", pod: func(p object, n int) { own(p, object{"volumeMounts": mounts(n)}) }},
	{Name: "arguments of the own proxy", pod: func(p object, n int) { own(p, object{"args": texts("a%d", n)}) }},
	{Name: "capabilities of the own proxy", pod: func(p object, n int) {
		own(p, object{"securityContext": object{"capabilities": object{"add": texts("C%d", n)}}})
	}},
	{Name: "unknown fields of the own proxy", pod: func(p object, n int) { own(p, manyOf("field%d", n)) }},
	{Name: "own init containers of the mesh", pod: func(p object, n int) {
		p["spec"].(object)["initContainers"] = times(n, func(int) any { return object{"name": "istio-init", "image": "auto"} })
	}},
	{Name: "overrides", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": containers(n), "initContainers": containers(n)})
	}},
	{Name: "overrides of one name", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": times(n, func(i int) any {
			return object{"name": "istio-proxy", "env": variables(1)}
		})})
	}},
	{Name: "variables in an override", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": []any{object{"name": "istio-proxy", "env": variables(n)}}})
	}},
	{Name: "unknown fields in an override", pod: func(p object, n int) {
		o := manyOf("field%d", n)
		o["name"] = "istio-proxy"
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": []any{o}, "initContainers": []any{o}})
	}},
	{Name: "names in the status", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
	}},
	{Name: "names in the status, and such containers", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
		p["spec"].(object)["initContainers"], p["spec"].(object)["volumes"] = containers(n), volumes(n)
		p["spec"].(object)["containers"] = append(containers(n), object{"name": "web", "image": "example.com/web"})
	}},
	{Name: "status, overrides and such containers", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", statusOf(n))
		annotateJSON(p, "proxy.istio.io/overrides", object{"containers": containers(n)})
		p["spec"].(object)["containers"] = append(containers(n), object{"name": "web", "image": "example.com/web"})
	}},
	{Name: "members of the status", pod: func(p object, n int) { annotateJSON(p, "sidecar.istio.io/status", manyOf("m%d", n)) }},
	{Name: "proxyMetadata", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/config", object{"proxyMetadata": manyOf("M%d", n)})
	}},
	{Name: "proxyMetadata in lines", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": "proxyMetadata:\n" + strings.Join(strs("  M%d: x\n", n), "")})
	}},
	{Name: "unknown fields in proxy.istio.io/config", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/config", manyOf("field%d", n))
	}},
	{Name: "templates", pod: func(p object, n int) {
		annotate(p, object{"inject.istio.io/templates": strings.Repeat("sidecar,", n) + "sidecar"})
	}},
	{Name: "unknown templates", pod: func(p object, n int) {
		annotate(p, object{"inject.istio.io/templates": strings.Join(strs("t%d", n), ",")})
	}},
	{Name: "ports in annotations", pod: func(p object, n int) {
		list := strings.Join(strs("1%04d", n), ",")
		annotate(p, object{
			"traffic.sidecar.istio.io/includeInboundPorts": list, "traffic.sidecar.istio.io/excludeInboundPorts": list,
			"traffic.sidecar.istio.io/includeOutboundPorts": list, "traffic.sidecar.istio.io/excludeOutboundPorts": list,
		})
	}},
	{Name: "wrong ports in an annotation", pod: func(p object, n int) {
		annotate(p, object{"traffic.sidecar.istio.io/includeInboundPorts": strings.Join(strs("p%d", n), ",")})
	}},
	{Name: "IP ranges in an annotation", pod: func(p object, n int) {
		annotate(p, object{"traffic.sidecar.istio.io/includeOutboundIPRanges": strings.Repeat("10.0.0.0/8,", n) + "10.0.0.0/8"})
	}},
	{Name: "scrape targets", pod: func(p object, n int) {
		annotate(p, object{"prometheus.istio.io/scrape-targets": strings.Repeat("8080:/m,", n) + "8080:/m"})
	}},
	{Name: "networks", pod: func(p object, n int) {
		annotate(p, object{"k8s.v1.cni.cncf.io/networks": strings.Join(strs("n%d", n), ",")})
	}},
	{Name: "user volumes", pod: func(p object, n int) {
		v, m := object{}, object{}
		for i := range n {
			v[fmt.Sprintf("v%d", i)] = object{"emptyDir": object{}}
			m[fmt.Sprintf("v%d", i)] = object{"mountPath": fmt.Sprintf("/m%d", i)}
		}
		annotateJSON(p, "sidecar.istio.io/userVolume", v)
		annotateJSON(p, "sidecar.istio.io/userVolumeMount", m)
	}},
	{Name: "proxyMetadata with more than ASCII", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": "proxyMetadata:\n" + strings.Join(strs("  M%d: é\n", n), "")})
	}},
	{Name: "anchors", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": "proxyMetadata:\n" + strings.Join(strs("  M%[1]d: &a%[1]d x\n", n), "")})
	}},
	{Name: "merge keys", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": "a: &a {k: v}\nproxyMetadata:\n  <<: [" + strings.Repeat("*a,", n) + "*a]\n"})
	}},
	{Name: "tags of statistics", pod: func(p object, n int) {
		annotateJSON(p, "proxy.istio.io/config", object{"extraStatTags": texts("t%d", n), "proxyStatsMatcher": object{"inclusionPrefixes": texts("p%d", n)}})
	}},
	{Name: "tags of traces", pod: func(p object, n int) {
		tags := object{}
		for i := range n {
			tags[fmt.Sprintf("t%d", i)] = object{"literal": object{"value": "x"}}
		}
		annotateJSON(p, "proxy.istio.io/config", object{"tracing": object{"customTags": tags}})
	}},
	{Name: "lists in lists", pod: func(p object, n int) {
		annotate(p, object{"proxy.istio.io/config": strings.Repeat("[", n) + strings.Repeat("]", n)})
	}},
	{Name: "interfaces in an annotation", pod: func(p object, n int) {
		annotate(p, object{"traffic.sidecar.istio.io/excludeInterfaces": strings.Join(strs("eth%d", n), ","), "istio.io/reroute-virtual-interfaces": strings.Join(strs("e%d", n), ",")})
	}},
	{Name: "control characters in annotations", pod: func(p object, n int) {
		for i := range n {
			annotate(p, object{fmt.Sprintf("sidecar.istio.io/a%d", i): "\n"})
		}
	}},
	{Name: "probers of an earlier injection", pod: func(p object, n int) {
		annotateJSON(p, "sidecar.istio.io/status", object{"containers": []any{"istio-proxy"}})
		own(p, object{"env": []any{object{"name": "ISTIO_KUBE_APP_PROBERS", "value": string(jsonOf(manyOf("/app-health/a%d/readyz", n)))}}})
	}},
	{Name: "variables in the path", Path: func(n int) string { return "/inject/" + strings.Join(strs("k%d/v", min(n, 4000)), "/") }},
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

func manyOf(format string, n int) object {
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

// PodOf is the JSON of a pod with n of it.
func (w Way) PodOf(n int) []byte {
	p := object{"metadata": object{"name": "web"}, "spec": object{"containers": []any{object{"name": "web", "image": "example.com/web"}}}}
	if w.pod != nil {
		w.pod(p, n)
	}
	return jsonOf(p)
}
