package podtest

import (
	"encoding/json"
	"fmt"

	"pgregory.net/rapid"
)

// Pod draws a pod as clients write them: fields left out, empty or null,
// probes and ports of every kind, annotations that steer injection, at times an
// istio-proxy of its own.
func Pod() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		g := podDrawer{t}
		text, err := json.Marshal(g.pod())
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
}

// Object is a JSON object.
type Object = map[string]any

type podDrawer struct{ *rapid.T }

// sometimes sets a field in one case of n.
func (g podDrawer) sometimes(o Object, key string, n int, value func() any) {
	if rapid.IntRange(1, n).Draw(g.T, key+"?") == 1 {
		o[key] = value()
	}
}

func (g podDrawer) of(label string, values ...any) any {
	return rapid.SampledFrom(values).Draw(g.T, label)
}

func (g podDrawer) count(label string, low, high int) int {
	return rapid.IntRange(low, high).Draw(g.T, label)
}

func (g podDrawer) pod() Object {
	pod := Object{"spec": g.spec()}
	g.sometimes(pod, "metadata", 2, func() any { return g.metadata() })
	g.sometimes(pod, "status", 3, func() any { return Object{} })
	g.sometimes(pod, "kind", 2, func() any { return "Pod" })
	return pod
}

func (g podDrawer) metadata() Object {
	meta := Object{}
	g.sometimes(meta, "creationTimestamp", 3, func() any { return nil })
	g.sometimes(meta, "labels", 2, func() any {
		labels := Object{"app": "a"}
		g.sometimes(labels, "topology.istio.io/network", 4, func() any { return "net1" })
		return g.of("labels", labels, nil, Object{})
	})
	g.sometimes(meta, "annotations", 2, func() any { return g.annotations() })
	g.sometimes(meta, "generateName", 2, func() any { return "web-abc-" })
	g.sometimes(meta, "managedFields", 4, func() any { return []any{Object{"manager": "x", "fieldsV1": Object{"f:a": Object{}}}} })
	if meta["generateName"] != nil {
		meta["ownerReferences"] = []any{Object{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-abc", "uid": "1", "controller": true}}
	}
	return meta
}

func (g podDrawer) annotations() Object {
	a := Object{"example.com/other": "x: y\n# z"}
	g.sometimes(a, "prometheus.io/scrape", 4, func() any { return g.of("scrape", "true", "false", "") })
	g.sometimes(a, "prometheus.io/port", 4, func() any { return g.of("port", "80", "15020") })
	g.sometimes(a, "prometheus-io/path", 6, func() any { return "/m" })
	g.sometimes(a, "status.sidecar.istio.io/port", 6, func() any { return "15099" })
	g.sometimes(a, "sidecar.istio.io/rewriteAppHTTPProbers", 6, func() any { return g.of("rewrite", "true", "false") })
	g.sometimes(a, "sidecar.istio.io/nativeSidecar", 6, func() any { return g.of("native", "true", "false") })
	g.sometimes(a, "inject.istio.io/templates", 6, func() any { return g.of("templates", "both", "extra", "sidecar, extra") })
	g.sometimes(a, "proxy.istio.io/config", 6, func() any { return g.of("config", "holdApplicationUntilProxyStarts: true", "{concurrency: 2}") })
	return a
}

func (g podDrawer) spec() Object {
	spec := Object{}
	var containers []any
	for i := range g.count("containers", 1, 3) {
		containers = append(containers, g.container(fmt.Sprintf("app%d", i)))
	}
	if g.count("own proxy", 1, 4) == 1 {
		own := g.container("istio-proxy")
		own["image"] = g.of("own image", "auto", "example.com/own")
		g.sometimes(own, "securityContext", 2, func() any { return Object{"runAsUser": g.of("uid", 0, 2000)} })
		containers = append(containers, own)
	}
	spec["containers"] = containers
	g.sometimes(spec, "initContainers", 2, func() any {
		return g.of("inits", nil, []any{}, []any{g.container("setup")}, []any{g.container("setup"), g.container("istio-init")})
	})
	g.sometimes(spec, "volumes", 2, func() any {
		return g.of("volumes", nil, []any{Object{"name": "data", "emptyDir": Object{}}},
			[]any{Object{"name": "istio-envoy", "emptyDir": Object{}}, Object{"name": "last", "configMap": Object{"name": "c"}}})
	})
	g.sometimes(spec, "imagePullSecrets", 3, func() any { return []any{Object{"name": g.of("secret", "mine", "mesh-registry")}} })
	g.sometimes(spec, "securityContext", 3, func() any { return g.of("security", nil, Object{}, Object{"fsGroup": 7}) })
	g.sometimes(spec, "restartPolicy", 3, func() any { return "Always" })
	g.sometimes(spec, "unknownToTheseTypes", 6, func() any { return Object{"a": []any{1, nil}} })
	return spec
}

func (g podDrawer) container(name string) Object {
	c := Object{"name": name}
	g.sometimes(c, "image", 2, func() any { return "example.com/app" })
	g.sometimes(c, "resources", 3, func() any {
		return g.of("resources", Object{}, nil, Object{"requests": Object{"cpu": g.of("cpu", "100m", 1)}})
	})
	g.sometimes(c, "env", 2, func() any {
		return g.of("env", nil, []any{}, []any{Object{"name": "A", "value": "1"}, Object{"name": "PROXY_CONFIG", "value": "own"}})
	})
	g.sometimes(c, "ports", 2, func() any {
		return g.of("ports", []any{Object{"containerPort": 80, "name": "http"}},
			[]any{Object{"containerPort": 53, "protocol": "UDP"}, Object{"containerPort": 53, "protocol": "TCP"}}, []any{Object{"containerPort": 15090}})
	})
	for _, probe := range []string{"readinessProbe", "livenessProbe", "startupProbe"} {
		g.sometimes(c, probe, 3, func() any { return g.probe() })
	}
	g.sometimes(c, "lifecycle", 4, func() any { return Object{"preStop": g.probe(), "postStart": nil} })
	g.sometimes(c, "volumeMounts", 3, func() any { return []any{Object{"name": "data", "mountPath": "/etc/istio/proxy"}} })
	return c
}

func (g podDrawer) probe() Object {
	port := g.of("probe port", 80, "http", "unknown", 15020, 15099)
	p := g.of("probe",
		Object{"httpGet": Object{"path": "/", "port": port, "scheme": g.of("scheme", "HTTP", "HTTPS")}},
		Object{"httpGet": Object{"port": port}}, Object{"tcpSocket": Object{"port": port}},
		Object{"exec": Object{"command": []any{"true"}}}, Object{"grpc": Object{"port": 90}}).(Object)
	g.sometimes(p, "timeoutSeconds", 3, func() any { return g.of("timeout", 0, 3) })
	return p
}
