package inject_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// TestWhatCameBeforeTheStatus: the webhook of the 1.0 line takes off by its names what
// injections put in that left no status yet.
func TestWhatCameBeforeTheStatus(t *testing.T) {
	const (
		app    = `{name: app, image: app}`
		proxy  = `{name: istio-proxy, image: old}`
		inits  = `initContainers: [{name: setup, image: i}, {name: istio-init, image: old}, {name: enable-core-dump, image: old}]`
		olds   = `volumes: [{name: data, emptyDir: {}}, {name: istio-certs, secret: {secretName: s}}, {name: istio-envoy, emptyDir: {medium: Memory}}]`
		status = `metadata: {name: web, annotations: {sidecar.istio.io/status: '`
	)
	in := compile(t, inject.Sources{Config: testdata(t, "config-1.0.yaml")}, inject.Options{})
	for name, c := range map[string]struct {
		pod      string
		manifest bool
		refused  string
		volumes  string
	}{
		"all of it":                    {pod: `metadata: {name: web}, spec: {` + inits + `, containers: [` + app + `, ` + proxy + `], ` + olds + `}`, volumes: "data istio-envoy"},
		"the proxy before it":          {pod: `metadata: {name: web}, spec: {containers: [` + proxy + `, ` + app + `]}`, volumes: "istio-envoy"},
		"a status without anything":    {pod: status + `{}'}}, spec: {` + inits + `, containers: [` + app + `, ` + proxy + `]}`, volumes: "istio-envoy"},
		"a status of empty lists":      {pod: status + `{"version":"a","initContainers":null,"containers":[],"volumes":null}'}}, spec: {` + inits + `, containers: [` + app + `, ` + proxy + `]}`, volumes: "istio-envoy"},
		"a status that cannot be read": {pod: status + `injected-version-1'}}, spec: {` + inits + `, containers: [` + app + `, ` + proxy + `]}`, volumes: "istio-envoy"},
		"a status that names others":   {pod: status + `{"volumes":["data"]}'}}, spec: {containers: [` + app + `, ` + proxy + `]}`, refused: "containers[istio-proxy]: the pod has another container"},
		"a gateway":                    {pod: `metadata: {name: web}, spec: {containers: [` + proxy + `]}`, refused: "containers[istio-proxy]: the pod has another container"},
		"a manifest":                   {pod: `metadata: {name: web}, spec: {containers: [` + app + `, ` + proxy + `]}`, manifest: true, refused: "containers[istio-proxy]: the pod has another container"},
		"names without a proxy":        {pod: `metadata: {name: web}, spec: {` + inits + `, containers: [` + app + `]}`, refused: "initContainers[istio-init]: the pod has another container"},
		"a volume that the application mounts": {
			pod:     `metadata: {name: web}, spec: {containers: [{name: app, image: app, volumeMounts: [{name: istio-certs, mountPath: /c}]}, ` + proxy + `], ` + olds + `}`,
			volumes: "data istio-certs istio-envoy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := inject.Request{Pod: podJSON(t, "{"+c.pod+"}"), Namespace: "shop"}
			if c.manifest {
				r.Workload = &inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
			}
			result, err := in.Inject(r)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("error %v, want %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			injected := parsed(t, applied(t, r.Pod, result.Patch))
			if got := strings.Join(pod.Names(pod.List(injected, "volumes")), " "); got != c.volumes {
				t.Errorf("volumes %s, want %s", got, c.volumes)
			}
			names := slices.Concat(pod.Names(pod.List(injected, "initContainers")), pod.Names(pod.List(injected, "containers")))
			want := []string{"istio-init", "app", "istio-proxy"}
			if strings.Contains(c.pod, "setup") {
				want = append([]string{"setup"}, want...)
			}
			if !slices.Equal(names, want) {
				t.Errorf("containers %v, want %v", names, want)
			}
			if strings.Contains(string(injected.JSON()), `"old"`) {
				t.Errorf("something of before is left: %s", injected.JSON())
			}
		})
	}
}
