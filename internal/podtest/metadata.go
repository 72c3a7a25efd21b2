package podtest

import (
	"strings"

	"pgregory.net/rapid"
)

// metadata draws a name at its limit, owners, labels and annotations that the mesh reads.
func (d *drawer) metadata() object {
	m := object{"name": d.of("name", "web", long(63, "-"), long(253, "."), long(100, "-"))}
	if d.oneIn(3, "owned") {
		name := m["name"].(string)
		m["generateName"] = name[:min(len(name), 240)] + "-"
		m["ownerReferences"] = []any{object{
			"apiVersion": d.of("owner's version", "apps/v1", "batch/v1", "example.com/v1"), "uid": "1", "controller": true,
			"kind": d.of("owner's kind", "ReplicaSet", "StatefulSet", "Job", "Other"), "name": name,
		}}
	}
	d.maybe(4, m, "managedFields", func() any {
		return []any{object{"manager": "x", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": object{"f:a": object{}}}}
	})
	labels := object{}
	for _, key := range []string{"app", "app.kubernetes.io/name", "version", "app.kubernetes.io/version"} {
		d.maybe(6, labels, key, func() any { return d.of(key, "a", "", long(63, "."), long(63, "_"), long(63, "-")) })
	}
	meshes := []string{"service.istio.io/canonical-name", "topology.istio.io/network", "service.istio.io/workload-name", "security.istio.io/tlsMode"}
	if d.apart {
		meshes = nil
	}
	for _, key := range meshes {
		d.maybe(6, labels, key, func() any { return d.of(key, "a", "istio", long(63, ".")) })
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
	"sidecar.istio.io/bootstrapOverride":                  {"boot", long(253, ".")},
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
	"prometheus.io/scrape":                                {"true", "false", ""},
	"prometheus-io/path":                                  {"/m"},
	"prometheus.istio.io/merge-metrics":                   {"true", "false"},
	"proxy.istio.io/config":                               {"concurrency: 2", "holdApplicationUntilProxyStarts: true", `proxyMetadata: {A: b, "a.b-c": d}`, `proxyMetadata: {"a=b": c}`, "statusPort: 15099", "interceptionMode: TPROXY"},
	"kubectl.kubernetes.io/default-container":             {"app0"},
	"istio.io/rev":                                        {"default", "canary"},
	"container.apparmor.security.beta.kubernetes.io/app0": {"runtime/default"},
	"example.com/a.b":                                     {"<x>", "", long(1000, " "), "x: y\n# z"},
}

func (d *drawer) annotations() object {
	all := object{}
	for _, key := range sorted(annotationValues) {
		if d.apart && (strings.HasPrefix(key, "traffic.sidecar") || key == "sidecar.istio.io/interceptionMode" || key == "kubectl.kubernetes.io/default-container" || key == "istio.io/rev") {
			continue
		}
		d.maybe(8, all, key, func() any { return d.of(key, annotationValues[key]...) })
	}
	if len(d.templates) > 0 && d.oneIn(6, "templates") {
		all["inject.istio.io/templates"] = rapid.SampledFrom(d.templates).Draw(d.T, "templates")
	}
	return all
}

// empty are values that say as much as none.
var empty = object{"resources": object{}, "env": []any{}, "ports": []any{}, "securityContext": object{}, "lifecycle": object{"postStart": nil}}

// loosen makes of a pod what Kubernetes may refuse and clients send: nothing for empty,
// null for nothing, and fields that no type has.
func (d *drawer) loosen(p object) object {
	meta, spec := p["metadata"].(object), p["spec"].(object)
	d.maybe(3, p, "status", func() any { return object{} })
	d.maybe(3, meta, "creationTimestamp", func() any { return nil })
	d.maybe(6, meta, "labels", func() any { return d.of("labels", nil, object{}) })
	d.maybe(6, spec, "unknownToTheseTypes", func() any { return object{"a": []any{1, nil}} })
	for _, field := range []string{"securityContext", "volumes", "initContainers", "affinity"} {
		if spec[field] == nil {
			d.maybe(4, spec, field, func() any { return nil })
		}
	}
	for _, c := range allContainers(spec) {
		for _, field := range []string{"resources", "env", "ports", "securityContext", "lifecycle"} {
			if c[field] == nil {
				d.maybe(4, c, field, func() any { return d.of("nothing", nil, empty[field]) })
			}
		}
		if c["name"] != "istio-proxy" && d.oneIn(4, "no image") {
			delete(c, "image")
		}
	}
	if d.oneIn(2, "no name") {
		delete(meta, "name")
	}
	if d.oneIn(6, "no metadata") {
		delete(p, "metadata")
	}
	if d.oneIn(2, "no kind") {
		delete(p, "kind")
		delete(p, "apiVersion")
	}
	return p
}
