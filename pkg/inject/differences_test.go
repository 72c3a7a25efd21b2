package inject_test

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestWhatPodsSayThemselves has pods with settings of their own that are easily passed
// by, and what of the result they decide.
func TestWhatPodsSayThemselves(t *testing.T) {
	const template = `
policy: enabled
templates:
  sidecar: |
    spec:
      initContainers:
      - {name: istio-init, image: init, args: [istio-iptables, -u, "1337"]}
      containers:
      - {name: istio-proxy, image: proxy, args: [proxy], securityContext: {capabilities: {drop: [ALL]}}}
`
	const v10 = "policy: enabled\ntemplate: |\n  containers:\n  - name: istio-proxy\n    image: proxy"
	for _, c := range []struct {
		name, config, mesh, pod string
		at                      []string
		want                    string
	}{
		{
			"the agent's port is where Prometheus goes", template, "", `{metadata: {annotations: {proxy.istio.io/config: "statusPort: 15099"}}, spec: {containers: [{name: app}]}}`,
			[]string{"metadata", "annotations", "prometheus.io/port"},
			"\"15099\"",
		},
		{
			"empty lists override nothing", template, "", `{spec: {containers: [{name: app}, {name: istio-proxy, image: "", args: [], securityContext: {capabilities: {drop: []}}}]}}`,
			[]string{"spec", "containers"},
			`[{"name":"app"},{"name":"istio-proxy","image":"proxy","args":["proxy"],"securityContext":{"capabilities":{"drop":["ALL"]}}}]`,
		},
		{
			"REDIRECT is heard in a mesh of TPROXY", template, "defaultConfig: {interceptionMode: TPROXY}", `{metadata: {annotations: {sidecar.istio.io/interceptionMode: REDIRECT}}, spec: {containers: [{name: app}, {name: istio-proxy, image: auto, securityContext: {runAsUser: 5}}]}}`,
			[]string{"spec", "initContainers"},
			`[{"name":"istio-init","image":"init","args":["istio-iptables","-u","5"]}]`,
		},
		{
			"1.0 takes off what came before it", v10, "", `{spec: {containers: [{name: app}, {name: istio-proxy, image: old}], initContainers: [{name: istio-init}, {name: setup}], volumes: [{name: istio-certs}]}}`,
			[]string{"spec"},
			`{"containers":[{"name":"app"},{"name":"istio-proxy","image":"proxy"}],"initContainers":[{"name":"setup"}]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := compile(t, inject.Sources{Config: []byte(c.config), Mesh: []byte(c.mesh)}, inject.Options{})
			pod := podJSON(t, c.pod)
			result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"})
			if err != nil {
				t.Fatal(err)
			}
			got := parsed(t, applied(t, pod, result.Patch)).Get(c.at...)
			if !tree.Equal(got, parsed(t, []byte(c.want))) {
				t.Errorf("%v is %s, want %s", c.at, got.JSON(), c.want)
			}
		})
	}
}
