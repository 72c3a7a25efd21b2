package inject_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

const uninjectStatus = `sidecar.istio.io/status: '{"initContainers":["istio-init"],"containers":["istio-proxy"],"volumes":["istio-envoy"],"imagePullSecrets":null,"revision":"1-30"}'`

// uninjections are pods as injection leaves them, and what comes back.
var uninjections = []struct {
	name      string
	pod, want string
	workload  *inject.Workload
	notes     []string // "path: part of the sentence"
}{
	{
		name: "never injected",
		pod:  `{metadata: {labels: {security.istio.io/tlsMode: istio}}, spec: {containers: [{name: istio-proxy}]}}`,
		want: `{metadata: {labels: {security.istio.io/tlsMode: istio}}, spec: {containers: [{name: istio-proxy}]}}`,
	},
	{
		name: "all that was added goes, and what held nothing else",
		pod:  `{metadata: {annotations: {` + uninjectStatus + `}}, spec: {initContainers: [{name: istio-init}], containers: [{name: app}, {name: istio-proxy}], volumes: [{name: istio-envoy}]}}`,
		want: `{spec: {containers: [{name: app}]}}`,
	},
	{
		name:     "labels and annotations of the value that injection gives",
		workload: &inject.Workload{Kind: "Deployment", Name: "web"},
		pod: `{metadata: {labels: {security.istio.io/tlsMode: istio, service.istio.io/canonical-name: web, service.istio.io/canonical-revision: latest, networking.istio.io/tunnel: http},
			annotations: {istio.io/rev: 1-30, kubectl.kubernetes.io/default-container: app, kubectl.kubernetes.io/default-logs-container: app, prometheus.io/path: /stats/prometheus, prometheus.io/port: "15020", prometheus.io/scrape: "true", ` + uninjectStatus + `}},
			spec: {containers: [{name: istio-proxy}, {name: app}], initContainers: [{name: istio-init}]}}`,
		want: `{spec: {containers: [{name: app}]}}`,
	},
	{
		name:     "labels and annotations of another value",
		workload: &inject.Workload{Kind: "Deployment", Name: "web"},
		pod: `{metadata: {labels: {version: v2, security.istio.io/tlsMode: disabled, service.istio.io/canonical-name: shop, service.istio.io/canonical-revision: latest},
			annotations: {istio.io/rev: canary, kubectl.kubernetes.io/default-container: debug, prometheus.io/path: /metrics, prometheus.io/port: "15020", ` + uninjectStatus + `}},
			spec: {containers: [{name: app}, {name: istio-proxy}], initContainers: [{name: istio-init}]}}`,
		want: `{metadata: {labels: {version: v2, security.istio.io/tlsMode: disabled, service.istio.io/canonical-name: shop, service.istio.io/canonical-revision: latest},
			annotations: {istio.io/rev: canary, kubectl.kubernetes.io/default-container: debug, prometheus.io/path: /metrics, prometheus.io/port: "15020"}},
			spec: {containers: [{name: app}]}}`,
	},
	{
		name: "probes, hooks and metrics",
		pod: `{metadata: {annotations: {prometheus.io/path: /stats/prometheus, prometheus.io/port: "15020", prometheus.io/scrape: "true", ` + uninjectStatus + `}}, spec: {initContainers: [{name: istio-init}], containers: [
			{name: app, ports: [{containerPort: 80, name: http}], livenessProbe: {periodSeconds: 3, httpGet: {path: /app-health/app/livez, port: 15020}}, readinessProbe: {httpGet: {path: /app-health/app/readyz, port: 15020}}, startupProbe: {httpGet: {path: /app-health/app/startupz, port: 15020}},
				lifecycle: {preStop: {httpGet: {path: /app-lifecycle/app/prestopz, port: 15020}}, postStart: {httpGet: {path: /mine, port: 1}}}},
			{name: istio-proxy, env: [{name: ISTIO_PROMETHEUS_ANNOTATIONS, value: '{"scrape":"","path":"/metrics","port":"9090"}'},
				{name: ISTIO_KUBE_APP_PROBERS, value: '{"/app-health/app/livez":{"httpGet":{"path":"/live","port":80,"scheme":"HTTPS"},"timeoutSeconds":2},"/app-health/app/readyz":{"grpc":{"port":90,"service":null}},"/app-lifecycle/app/prestopz":{"tcpSocket":{"port":91}},"/app-lifecycle/app/poststartz":{"tcpSocket":{"port":92}}}'}]}]}}`,
		want: `{metadata: {annotations: {prometheus.io/path: /metrics, prometheus.io/port: "9090"}}, spec: {containers: [
			{name: app, ports: [{containerPort: 80, name: http}], livenessProbe: {periodSeconds: 3, httpGet: {path: /live, port: http, scheme: HTTPS}}, readinessProbe: {grpc: {port: 90, service: null}}, startupProbe: {httpGet: {path: /app-health/app/startupz, port: 15020}},
				lifecycle: {preStop: {tcpSocket: {port: 91}}, postStart: {httpGet: {path: /mine, port: 1}}}}]}}`,
		notes: []string{
			"spec.containers[app].livenessProbe.httpGet.port: the name is put back",
			"spec.containers[app].startupProbe: does not say what it asked before",
			"spec.containers[app].lifecycle.postStart: was changed again since",
		},
	},
	{
		name: "the workload's own proxy, which injection moved",
		pod: `{metadata: {annotations: {proxy.istio.io/overrides: '{"initContainers":[{"name":"istio-proxy","env":[{"name":"A"}]}]}', sidecar.istio.io/status: '{"initContainers":["istio-init","istio-proxy"],"containers":null,"volumes":null,"revision":"default"}'}},
			spec: {initContainers: [{name: istio-init}, {name: istio-proxy, image: x}], containers: [{name: app, securityContext: {runAsUser: 1000620000}}]}}`,
		want: `{spec: {containers: [{name: app, securityContext: {runAsUser: 1000620000}}, {name: istio-proxy, image: auto, env: [{name: A}]}]}}`,
		notes: []string{
			`spec.containers[istio-proxy].image: "auto"`,
			"spec.containers[istio-proxy].securityContext.runAsUser: OpenShift",
			"spec.containers[istio-proxy]: another place",
		},
	},
	{
		name: "the workload's own init container, which stands among its containers",
		pod: `{metadata: {annotations: {proxy.istio.io/overrides: '{"initContainers":[{"name":"istio-init","image":"own"}]}', ` + uninjectStatus + `}},
			spec: {initContainers: [{name: istio-init, image: own}], containers: [{name: istio-init, image: own}, {name: istio-proxy}]}}`,
		want: `{spec: {containers: [{name: istio-init, image: own}]}}`,
	},
	{
		name: "volumes and secrets that the workload may have named too",
		pod: `{metadata: {annotations: {sidecar.istio.io/status: '{"initContainers":null,"containers":["istio-proxy"],"volumes":["istio-envoy","data"],"imagePullSecrets":["registry","gone"],"revision":"default"}'}},
			spec: {containers: [{name: app, volumeMounts: [{name: data, mountPath: /data}]}, {name: istio-proxy}], volumes: [{name: data}, {name: istio-envoy}], imagePullSecrets: [{name: registry}, {name: own}]}}`,
		want: `{spec: {containers: [{name: app, volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data}], imagePullSecrets: [{name: own}]}}`,
		notes: []string{
			"spec.volumes[data]: container app mounts it",
			"spec.imagePullSecrets[registry]: may have named it too",
		},
	},
	{
		name: "volumes that the workload uses in other ways",
		pod: `{metadata: {annotations: {sidecar.istio.io/status: '{"initContainers":null,"containers":["istio-proxy"],"volumes":["istio-envoy","istio-data","istio-token"],"imagePullSecrets":null,"revision":"default"}'}},
			spec: {containers: [{name: app, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: istio-data, path: env, key: A}}}]}, {name: istio-proxy}],
			ephemeralContainers: [{name: debug, volumeMounts: [{name: istio-envoy, mountPath: /e}]}], volumes: [{name: istio-envoy}, {name: istio-data}, {name: istio-token}]}}`,
		want: `{spec: {containers: [{name: app, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: istio-data, path: env, key: A}}}]}],
			ephemeralContainers: [{name: debug, volumeMounts: [{name: istio-envoy, mountPath: /e}]}], volumes: [{name: istio-envoy}, {name: istio-data}]}}`,
		notes: []string{"spec.volumes[istio-envoy]: container debug mounts it", "spec.volumes[istio-data]: container app mounts it"},
	},
	{
		name: "1.0: what was appended goes, the workload's own of that name stays",
		pod: `{metadata: {annotations: {sidecar.istio.io/status: '{"version":"a1","initContainers":null,"containers":["istio-proxy"],"volumes":["certs"],"imagePullSecrets":["registry"]}'}},
			spec: {containers: [{name: app, volumeMounts: [{name: certs}]}, {name: istio-proxy, image: own}, {name: istio-proxy}], volumes: [{name: certs, secret: {}}, {name: certs}], imagePullSecrets: [{name: registry}, {name: registry}]}}`,
		want: `{spec: {containers: [{name: app, volumeMounts: [{name: certs}]}, {name: istio-proxy, image: own}], volumes: [{name: certs, secret: {}}], imagePullSecrets: [{name: registry}]}}`,
	},
	{
		name: "how CNI is to redirect",
		pod: `{metadata: {annotations: {sidecar.istio.io/interceptionMode: REDIRECT, traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0/8, traffic.sidecar.istio.io/includeInboundPorts: "*", traffic.sidecar.istio.io/excludeInboundPorts: "9,15020", k8s.v1.cni.cncf.io/networks: "alt, default/istio-cni",
			sidecar.istio.io/status: '{"initContainers":["istio-validation"],"containers":["istio-proxy"],"revision":"default"}'}}, spec: {initContainers: [{name: istio-validation}], containers: [{name: app}, {name: istio-proxy}]}}`,
		want: `{metadata: {annotations: {traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0/8, traffic.sidecar.istio.io/excludeInboundPorts: "9", k8s.v1.cni.cncf.io/networks: alt}}, spec: {containers: [{name: app}]}}`,
		notes: []string{
			"metadata.annotations.traffic.sidecar.istio.io/excludeInboundPorts: 15020, which injection adds, was taken off",
			"metadata.annotations.traffic.sidecar.istio.io/includeOutboundIPRanges: stays",
		},
	},
	{
		name: "CNI's network alone, and as JSON",
		pod: `{metadata: {annotations: {k8s.v1.cni.cncf.io/networks: '[{"name": "alt"}, {"name": "istio-cni", "namespace": "default"}]', traffic.sidecar.istio.io/excludeInboundPorts: "15099", status.sidecar.istio.io/port: "15099",
			sidecar.istio.io/status: '{"initContainers":["istio-validation"],"containers":["istio-proxy"],"revision":"default"}'}}, spec: {initContainers: [{name: istio-validation}], containers: [{name: app}, {name: istio-proxy}]}}`,
		want: `{metadata: {annotations: {k8s.v1.cni.cncf.io/networks: '[{"name": "alt"}]', status.sidecar.istio.io/port: "15099"}}, spec: {containers: [{name: app}]}}`,
	},
	{
		name: "fields of the pod",
		pod: `{metadata: {annotations: {inject.istio.io/templates: "gateway, own", ` + uninjectStatus + `}}, spec: {securityContext: {fsGroup: 1337, sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "0"}]}, dnsConfig: {searches: [global, shop.global, example.com]},
			initContainers: [{name: istio-init}], containers: [{name: app}, {name: istio-proxy}]}}`,
		want: `{metadata: {annotations: {inject.istio.io/templates: "gateway, own"}}, spec: {dnsConfig: {searches: [example.com]}, containers: [{name: app}]}}`,
		notes: []string{
			"spec.securityContext.fsGroup: the workload may have had one too",
			"spec.dnsConfig.searches: stay",
			`metadata: template "own"`,
		},
	},
	{
		name: "a proxy that is all the workload's own",
		pod: `{metadata: {annotations: {inject.istio.io/templates: grpc-simple, sidecar.istio.io/rewriteAppHTTPProbers: "false", sidecar.istio.io/status: '{"initContainers":null,"containers":null,"volumes":null,"revision":"default"}'}},
			spec: {containers: [{name: app}, {name: istio-proxy, env: [{name: A}, {name: ISTIO_META_CLUSTER_ID, value: c1}, {name: ISTIO_PROMETHEUS_ANNOTATIONS, value: "{}"}]}]}}`,
		want: `{metadata: {annotations: {inject.istio.io/templates: grpc-simple}}, spec: {containers: [{name: app}, {name: istio-proxy, env: [{name: A}]}]}}`,
		notes: []string{
			"spec.containers[istio-proxy].env[ISTIO_META_CLUSTER_ID]: may have had it too",
			"spec.containers[istio-proxy]: another place",
		},
	},
	{
		name:     "what the workload names elsewhere stays",
		workload: &inject.Workload{Kind: "Deployment", Name: "web", Selected: []string{"security.istio.io/tlsMode", "app"}},
		pod: `{metadata: {labels: {app: web, security.istio.io/tlsMode: istio, service.istio.io/canonical-name: web, service.istio.io/canonical-revision: latest}, annotations: {istio.io/rev: 1-30, prometheus.io/port: "15020", prometheus.io/path: /stats/prometheus, prometheus.io/scrape: "true", ` + uninjectStatus + `}},
			spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchExpressions: [{key: service.istio.io/canonical-name, operator: Exists}]}}]}},
			topologySpreadConstraints: [{labelSelector: {matchLabels: {app: web}}}],
			initContainers: [{name: istio-init}], containers: [{name: app, env: [{name: REVISION, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['istio.io/rev']"}}}, {name: STATUS, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['sidecar.istio.io/status']"}}}]},
			{name: istio-proxy, env: [{name: V, valueFrom: {fieldRef: {fieldPath: "metadata.labels['service.istio.io/canonical-revision']"}}}]}]}}`,
		want: `{metadata: {labels: {app: web, security.istio.io/tlsMode: istio, service.istio.io/canonical-name: web}, annotations: {istio.io/rev: 1-30}},
			spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchExpressions: [{key: service.istio.io/canonical-name, operator: Exists}]}}]}},
			topologySpreadConstraints: [{labelSelector: {matchLabels: {app: web}}}],
			containers: [{name: app, env: [{name: REVISION, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['istio.io/rev']"}}}, {name: STATUS, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['sidecar.istio.io/status']"}}}]}]}}`,
		notes: []string{
			"metadata.labels.security.istio.io/tlsMode: the selector of Deployment web names it, so it stays",
			"metadata.labels.service.istio.io/canonical-name: spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution names it",
			"metadata.annotations.istio.io/rev: spec.containers[app].env[REVISION].valueFrom.fieldRef names it",
		},
	},
	{
		name: "1.0 wrote no labels, and no annotation but its status",
		pod: `{metadata: {labels: {service.istio.io/canonical-name: web, service.istio.io/canonical-revision: latest, istio.io/rev: default}, annotations: {istio.io/rev: default, kubectl.kubernetes.io/default-container: app,
			sidecar.istio.io/status: '{"version":"a1","initContainers":null,"containers":["istio-proxy"],"volumes":null,"imagePullSecrets":null}'}}, spec: {containers: [{name: app}, {name: istio-proxy}]}}`,
		want:     `{metadata: {labels: {service.istio.io/canonical-name: web, service.istio.io/canonical-revision: latest, istio.io/rev: default}, annotations: {istio.io/rev: default, kubectl.kubernetes.io/default-container: app}}, spec: {containers: [{name: app}]}}`,
		workload: &inject.Workload{Kind: "Deployment", Name: "web"},
	},
	{
		name: "what the status remembers, but for what was changed since",
		pod: `{metadata: {labels: {team: mesh, tier: now}, annotations: {sidecar.istio.io/status: '{"containers":["istio-proxy"],"volumes":["data"],"revision":"default","kept":{"rest":{"metadata":{"labels":{"team":["mesh",null],"tier":["mesh","back"],"security.istio.io/tlsMode":[null,"istio"]}},"spec":{"containers[app]":{"livenessProbe":{"httpGet":{"port":["http",80]}},"readinessProbe":{"httpGet":{"port":["http",80]}}},"containers[gone]":{"image":[null,"x"]},"volumes[]":[["more","data"],["data","more"]],"volumes[data]":[null,{"name":"data","hostPath":{"path":"/srv"}}]}}}}'}},
			spec: {containers: [{name: app, livenessProbe: {httpGet: {port: http}}, readinessProbe: {exec: {command: [ok]}}}, {name: istio-proxy}], volumes: [{name: data, emptyDir: {}}, {name: more}], imagePullSecrets: [{name: hub}]}}`,
		want: `{metadata: {labels: {tier: now, security.istio.io/tlsMode: istio}}, spec: {containers: [{name: app, livenessProbe: {httpGet: {port: 80}}, readinessProbe: {exec: {command: [ok]}}}], volumes: [{name: data, hostPath: {path: /srv}}, {name: more}], imagePullSecrets: [{name: hub}]}}`,
	},
	{
		name: "the mesh's network, and a container that is gone",
		pod:  `{metadata: {labels: {topology.istio.io/network: n1}, annotations: {` + uninjectStatus + `}}, spec: {dnsConfig: {searches: [global]}, containers: [{name: app}, {name: istio-proxy, env: [{name: ISTIO_META_NETWORK, value: n1}]}]}}`,
		want: `{spec: {containers: [{name: app}]}}`,
		notes: []string{
			"metadata.labels.topology.istio.io/network: may have named it itself",
			"spec.initContainers[istio-init]: it is not there",
		},
	},
}

func TestUninject(t *testing.T) {
	for _, c := range uninjections {
		t.Run(c.name, func(t *testing.T) {
			pod := podJSON(t, c.pod)
			result, err := inject.Uninject(pod, c.workload)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := applied(t, pod, result.Patch), podJSON(t, c.want); !tree.Equal(parsed(t, got), parsed(t, want)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			matches := len(result.Notes) == len(c.notes)
			for i := range min(len(result.Notes), len(c.notes)) {
				path, why, _ := strings.Cut(c.notes[i], ": ")
				matches = matches && result.Notes[i].Path == path && strings.Contains(result.Notes[i].Why, why)
			}
			if !matches {
				t.Errorf("notes %v\nwant %q", result.Notes, c.notes)
			}
		})
	}
}

// TestUninjectNamesWhatItTakesOff leaves out what injection left for itself.
func TestUninjectNamesWhatItTakesOff(t *testing.T) {
	pod := podJSON(t, `{metadata: {labels: {app: web, security.istio.io/tlsMode: istio}, annotations: {prometheus.io/path: /stats/prometheus, prometheus.io/port: "15020", prometheus.io/scrape: "true", `+uninjectStatus+`}},
		spec: {securityContext: {runAsUser: 7, fsGroup: 1337}, volumes: [{name: istio-envoy}, {name: data}], initContainers: [{name: istio-init}],
		containers: [{name: app}, {name: istio-proxy, env: [{name: ISTIO_PROMETHEUS_ANNOTATIONS, value: '{"scrape":"","path":"","port":"9090"}'}]}]}}`)
	result, err := inject.Uninject(pod, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []inject.TakenOff{
		{What: "labels", Gone: []string{"security.istio.io/tlsMode"}},
		{What: "annotations", Gone: []string{"prometheus.io/path", "prometheus.io/scrape"}, PutBack: []string{"prometheus.io/port"}},
		{What: "volumes", Gone: []string{"istio-envoy"}},
		{What: "fields", Gone: []string{"securityContext.fsGroup"}},
	}
	if diff := cmp.Diff(want, result.TakenOff); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUninjectErrors are pods that nothing can be told of.
func TestUninjectErrors(t *testing.T) {
	for pod, want := range map[string]string{
		`[]`: "pod: an object is wanted",
		`{metadata: {annotations: {sidecar.istio.io/status: "x"}}}`:                                                                        "annotation sidecar.istio.io/status: JSON",
		`{metadata: {annotations: {sidecar.istio.io/status: "{}", proxy.istio.io/overrides: "[]"}}}`:                                       "annotation proxy.istio.io/overrides: an object is wanted",
		`{metadata: {annotations: {sidecar.istio.io/status: "{}", sidecar.outrigger.io/record: "{"}}}`:                                     "annotation sidecar.outrigger.io/record: ",
		`{metadata: {annotations: {sidecar.istio.io/status: "{}", sidecar.outrigger.io/record: '{"of":"44136fa355b3678a","rest":[{}]}'}}}`: "annotation sidecar.outrigger.io/record: ",
	} {
		if _, err := inject.Uninject(podJSON(t, pod), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", pod, err, want)
		}
	}
}

// unsaid are differences that uninjecting cannot know of, so that nothing names them:
// the configuration's injectedAnnotations look like any others.
var unsaid = []string{"metadata.annotations.example.com/injected"}

// legacy is what the 1.0 line's webhook takes for an injection of before 1.0, and off.
var legacy = []string{
	"spec.containers[istio-proxy]", "spec.initContainers[istio-init]", "spec.initContainers", "spec.volumes[istio-envoy]", "spec.volumes",
}

// TestUninjectTellsWhatItLoses injects and takes the injection off again. Where
// the pod is another than before, which it is only by a configuration that an
// installer wrote or of the 1.0 line, that is named.
func TestUninjectTellsWhatItLoses(t *testing.T) {
	// The first three are people's own, of which the first knows most pods by sight.
	profile, err := profiles.Get("istio")
	if err != nil {
		t.Fatal(err)
	}
	all := append([]*inject.Injector{compile(t, profile, inject.Options{})}, injectors(t)...)
	all = append(all, compile(t, installed(testSources(t)), inject.Options{}), compile(t, installed(testSources(t)), inject.Options{OpenShift: true, Revision: "canary"}))
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(all)-1).Draw(t, "injector")
		in := all[i]
		pods := podtest.Written
		if i >= 3 {
			pods = podtest.Apart
		}
		r := drawRequestOf(t, pods)
		if i == 0 {
			r.Pod = pods("gateway").Draw(t, "pod of the profile")
			if _, err := in.Inject(r); err != nil {
				t.Skip(err)
			}
		}
		if i >= 3 && rapid.Bool().Draw(t, "looks injected") {
			p := parsed(t, r.Pod).WithAt(tree.NewString("istio"), "metadata", "labels", "security.istio.io/tlsMode")
			r.Pod = p.WithAt(tree.NewString("default"), "metadata", "annotations", "istio.io/rev").JSON()
		}
		injected := injectedBy(t, in, r)
		result, err := inject.Uninject(injected, r.Workload)
		if err != nil {
			t.Fatal(err)
		}
		back := applied(t, injected, result.Patch)
		for _, path := range podtest.Differences(podtest.Meaning(parsed(t, r.Pod)), podtest.Meaning(parsed(t, back)), "") {
			named := i >= 3 && (slices.ContainsFunc(result.Notes, func(n inject.Note) bool {
				return strings.HasPrefix(path, n.Path) || path+"[istio-proxy]" == n.Path || path+"[istio-init]" == n.Path
			}) || slices.ContainsFunc(result.TakenOff, func(off inject.TakenOff) bool { return names(off, path) }))
			if in.Format() == "1.0" && r.Workload == nil && slices.ContainsFunc(legacy, func(p string) bool { return strings.HasPrefix(path, p) }) {
				continue
			}
			if !named && (i < 3 || !slices.ContainsFunc(unsaid, func(p string) bool { return strings.HasPrefix(path, p) })) {
				t.Fatalf("%s differs and nothing says so\nnotes: %v\nbefore: %s\nafter:  %s\nback:   %s", path, result.Notes, r.Pod, injected, back)
			}
		}
	})
}

// names says whether something at the path of a pod is among what was taken off. The
// annotations of Prometheus come back by another name where the workload wrote another.
func names(off inject.TakenOff, path string) bool {
	within := map[string]string{"labels": "metadata.labels.", "annotations": "metadata.annotations.", "volumes": "spec.volumes[", "pull secrets": "spec.imagePullSecrets[", "fields": "spec."}
	return slices.ContainsFunc(slices.Concat(off.Gone, off.PutBack), func(name string) bool {
		return strings.HasPrefix(strings.Replace(path, "prometheus-io/", "prometheus.io/", 1), within[off.What]+name)
	})
}

// installed are sources as if a control plane's installer had written them.
func installed(s inject.Sources) inject.Sources {
	s.Config = append(slices.Clone(s.Config), "\ntemplate: of before 1.9\n"...)
	return s
}

// TestUninjectByRecord injects with a record, and the pod comes back as it was;
// injected by another configuration instead, it becomes what that makes of it.
func TestUninjectByRecord(t *testing.T) {
	all := injectors(t)
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		a := rapid.SampledFrom(all).Draw(t, "injector")
		result := injectable(t, a, r)
		patch, err := inject.Record(r.Pod, result.Patch, r.Workload, "fix")
		if err != nil {
			t.Fatal(err)
		}
		if !result.Decision.Inject {
			t.Skip(result.Decision.Detail)
		}
		injected := applied(t, r.Pod, patch)
		back, err := inject.Uninject(injected, r.Workload)
		if err != nil {
			t.Fatal(err)
		}
		if got := applied(t, injected, back.Patch); !tree.Equal(parsed(t, got), parsed(t, r.Pod)) || len(back.Notes) > 0 || back.Recorded.Fix != "fix" {
			t.Fatalf("got  %s\nwant %s\nnotes: %v, fix %q", got, r.Pod, back.Notes, back.Recorded.Fix)
		}

		b := rapid.SampledFrom(all).Draw(t, "another injector")
		want := injectedBy(t, b, r)
		r.Pod, r.Earlier = injected, inject.ReplaceEarlier
		replaced, err := b.Inject(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := applied(t, injected, replaced.Patch); !tree.Equal(parsed(t, got), parsed(t, want)) || replaced.Replaced == nil {
			t.Fatalf("injected by another configuration:\ngot  %s\nwant %s", got, want)
		}
	})
}

// TestReplacingByTheSameChangesNothing holds without a record too.
func TestReplacingByTheSameChangesNothing(t *testing.T) {
	all := injectors(t)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(all).Draw(t, "injector")
		pods := podtest.Written
		if in.Format() == "1.0" { // whose status has no room for what it was
			pods = podtest.Apart
		}
		r := drawRequestOf(t, pods)
		if parsed(t, r.Pod).Get("metadata", "labels", "topology.istio.io/network") != nil {
			t.Skip("of the network's label a note says that it may be lost")
		}
		first := r.Pod
		r.Pod, r.Earlier = injectedBy(t, in, r), inject.ReplaceEarlier
		result, err := in.Inject(r)
		if err != nil {
			t.Fatal(err)
		}
		again := applied(t, r.Pod, result.Patch)
		if diff := podtest.Differences(podtest.Meaning(parsed(t, r.Pod)), podtest.Meaning(parsed(t, again)), ""); len(diff) > 0 {
			t.Fatalf("replaced by the same, %v changed\nbefore: %s\nafter:  %s\nagain:  %s", diff, first, r.Pod, again)
		}
	})
}

// TestRecordOfAnotherPod is one of a pod that was changed after it was injected:
// what the record says is of no use, and all else is.
func TestRecordOfAnotherPod(t *testing.T) {
	in := compile(t, testSources(t), inject.Options{})
	pod := podJSON(t, `{spec: {containers: [{name: app, ports: [{containerPort: 80, name: http}], livenessProbe: {tcpSocket: {port: 80}}}]}}`)
	result, err := in.Inject(inject.Request{Pod: pod})
	if err != nil {
		t.Fatal(err)
	}
	patch, err := inject.Record(pod, result.Patch, nil, "fix")
	if err != nil {
		t.Fatal(err)
	}
	changed := parsed(t, applied(t, pod, patch)).WithAt(tree.NewString("Never"), "spec", "restartPolicy").JSON()
	back, err := inject.Uninject(changed, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed(t, applied(t, changed, back.Patch))
	want := parsed(t, podJSON(t, `{spec: {restartPolicy: Never, containers: [{name: app, ports: [{containerPort: 80, name: http}], livenessProbe: {tcpSocket: {port: 80}}}]}}`))
	if !tree.Equal(got, want) {
		t.Errorf("got %s, want %s", got.JSON(), want.JSON())
	}
	last := back.Notes[len(back.Notes)-1]
	if back.Recorded.Fix != "" || last.Path != "metadata.annotations.sidecar.outrigger.io/record" {
		t.Errorf("fix %q, last note %v", back.Recorded.Fix, last)
	}
}

// TestRecordNothing is of pods that are not injected.
func TestRecordNothing(t *testing.T) {
	patch, err := inject.Record(podJSON(t, plainPod), nil, nil, "")
	if diff := cmp.Diff(tree.Patch(nil), patch); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
	injected := podJSON(t, `{metadata: {annotations: {sidecar.istio.io/status: "{}"}}}`)
	if _, err := inject.Record(injected, nil, nil, ""); err == nil || !strings.Contains(err.Error(), "earlier injection") {
		t.Errorf("of an injected pod: error %v", err)
	}
}

// TestReplacingByNothing is of a pod that is not to be injected any more.
func TestReplacingByNothing(t *testing.T) {
	in := compile(t, testSources(t), inject.Options{})
	pod := podJSON(t, `{metadata: {labels: {sidecar.istio.io/inject: "false"}, annotations: {`+uninjectStatus+`}}, spec: {containers: [{name: app}, {name: istio-proxy}], initContainers: [{name: istio-init}]}}`)
	result, err := in.Inject(inject.Request{Pod: pod, Earlier: inject.ReplaceEarlier})
	if err != nil {
		t.Fatal(err)
	}
	if result.Decision.Reason != inject.LabelDisabled || result.Replaced == nil || result.Replaced.Revision != "1-30" {
		t.Errorf("decision %v, replaced %v", result.Decision, result.Replaced)
	}
	got := parsed(t, applied(t, pod, result.Patch))
	want := parsed(t, podJSON(t, `{metadata: {labels: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: app}]}}`))
	if !tree.Equal(got, want) {
		t.Errorf("got %s, want %s", got.JSON(), want.JSON())
	}
}

func injectedBy(t *rapid.T, in *inject.Injector, r inject.Request) []byte {
	t.Helper()
	return applied(t, r.Pod, injectable(t, in, r).Patch)
}
