package inject_test

import (
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// ownTemplates write what no mesh's templates write.
const ownTemplates = `
policy: enabled
templates:
  sidecar: |
    metadata:
      labels: {team: mesh, security.istio.io/tlsMode: istio}
      annotations: {example.com/owner: mesh, istio.io/rev: default}
    spec:
      terminationGracePeriodSeconds: 60
      tolerations: [{key: mesh, operator: Exists}]
      containers:
      - {name: istio-proxy, image: p}
      volumes:
      - {name: data, emptyDir: {medium: Memory}}
      - {name: istio-envoy, emptyDir: {}}
      imagePullSecrets: [{name: hub}]
`

// lookalikes are pods of which each has one thing that looks like injection's.
var lookalikes = []string{
	`{spec: {containers: [{name: app}]}}`,
	`{metadata: {labels: {team: mesh}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {labels: {team: web, app: a}, annotations: {example.com/owner: web}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {labels: {security.istio.io/tlsMode: istio}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {labels: {app: a, service.istio.io/canonical-name: a}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {labels: {topology.istio.io/network: net}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {annotations: {istio.io/rev: default}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {annotations: {kubectl.kubernetes.io/default-logs-container: app}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {annotations: {prometheus.io/scrape: "true", prometheus.io/port: "15020", prometheus.io/path: /stats/prometheus}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {annotations: {prometheus-io/port: "80", prometheus.io/path: ""}}, spec: {containers: [{name: app}]}}`,
	`{metadata: {annotations: {sidecar.istio.io/interceptionMode: REDIRECT}}, spec: {containers: [{name: app}]}}`,
	`{spec: {containers: [{name: app, ports: [{name: http, containerPort: 80}], livenessProbe: {tcpSocket: {port: 80}}}]}}`,
	`{spec: {containers: [{name: app, ports: [{name: a, containerPort: 80}, {name: b, containerPort: 80, protocol: UDP}], livenessProbe: {httpGet: {port: b}}}]}}`,
	`{spec: {initContainers: [{name: istio-init, image: own}], containers: [{name: app}]}}`,
	`{spec: {containers: [{name: istio-proxy, env: []}, {name: app}]}}`,
	`{spec: {containers: [{name: app}], volumes: [{name: istio-envoy, hostPath: {path: /srv}}, {name: data, emptyDir: {}}]}}`,
	`{spec: {containers: [{name: app, volumeMounts: [{name: istio-envoy, mountPath: /e}]}]}}`,
	`{spec: {containers: [{name: app}], imagePullSecrets: [{name: mine}, {name: hub}]}}`,
	`{spec: {containers: [{name: app}], securityContext: {fsGroup: 1337}}}`,
	`{spec: {containers: [{name: app}], dnsConfig: {searches: [shop.global, global]}}}`,
	`{spec: {containers: [{name: app}], terminationGracePeriodSeconds: 5, tolerations: [{key: own, operator: Exists}]}}`,
}

// TestTheWorkloadsOwnComesBack takes injections by people's own configurations, and by an
// embedded one, off pods that had themselves what templates write.
func TestTheWorkloadsOwnComesBack(t *testing.T) {
	profile, err := profiles.Get("istio")
	if err != nil {
		t.Fatal(err)
	}
	own := inject.Sources{Config: []byte(ownTemplates)}
	for name, sources := range map[string]inject.Sources{"embedded": profile, "own": own, "installed": installed(own)} {
		in := compile(t, sources, inject.Options{})
		for _, text := range lookalikes {
			pod := podJSON(t, text)
			// A manifest, since a mount may be of a volume that stands elsewhere.
			workload := &inject.Workload{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "web"}
			result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop", Workload: workload})
			if err != nil {
				t.Errorf("%s, %s: %v", name, text, err)
				continue
			}
			injected := applied(t, pod, result.Patch)
			if name == "installed" { // whose status is the control plane's
				if status := parsed(t, injected).Get("metadata", "annotations", "sidecar.istio.io/status").Text(); strings.Contains(status, `"rest"`) {
					t.Errorf("%s: the status is %s", text, status)
				}
				continue
			}
			back, err := inject.Uninject(injected, workload)
			if err != nil {
				t.Fatal(err)
			}
			got := applied(t, injected, back.Patch)
			if diff := podtest.Differences(podtest.Meaning(parsed(t, pod)), podtest.Meaning(parsed(t, got)), ""); len(diff) > 0 {
				t.Errorf("%s: at %v\nwas %s\nis  %s", name, diff, pod, got)
			}
		}
	}
}
