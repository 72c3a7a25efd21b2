package inject_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestOtherKindOfSidecarCountsWhole injects a pod that another injector, of another
// mesh configuration, has given the other kind of sidecar: the proxy is what it would be
// without that one.
func TestOtherKindOfSidecarCountsWhole(t *testing.T) {
	before := testSources(t)
	before.Mesh = append(before.Mesh, "\ndefaultConfig: {proxyMetadata: {LEFT: over}, tracingServiceName: CANONICAL_NAME_ONLY}\n"...)
	old, in := compile(t, before, inject.Options{}), compile(t, testSources(t), inject.Options{})
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequestOf(t, podtest.Apart)
		want := proxyOf(t, applied(t, r.Pod, injectable(t, in, r).Patch))
		r.NativeSidecars = !r.NativeSidecars
		came := r.Pod
		r.Pod = applied(t, r.Pod, injectable(t, old, r).Patch)
		r.NativeSidecars = !r.NativeSidecars
		r.Pod = applied(t, r.Pod, injectable(t, in, r).Patch)
		if got := proxyOf(t, r.Pod); !tree.Equal(got, want) {
			t.Fatalf("the proxy of\n%s\nis\n%s\nnot\n%s", came, got.JSON(), want.JSON())
		}
		if n := strings.Count(string(r.Pod), `"name":"istio-proxy"`) - strings.Count(string(came), `"name":"istio-proxy"`); n > 1 {
			t.Fatalf("%d proxies more than before: %s", n, r.Pod)
		}
	})
}

func proxyOf(t *rapid.T, text []byte) *tree.Value {
	list, _, proxy := pod.FindProxy(parsed(t, text))
	if proxy == nil {
		return nil
	}
	return proxy.With("list", tree.NewString(list))
}

// TestOtherKindInAPodThatGrew: where containers were added to the pod since, an ordinary
// sidecar that becomes a native one keeps what it says.
func TestOtherKindInAPodThatGrew(t *testing.T) {
	for _, tt := range []struct {
		now, told string
		keeps     bool
	}{
		{"native", "app", false},
		{"native", "app,added", false},
		{"native", "other", true},
		{"ordinary", "other", false},
	} {
		list, kind := "initContainers", `"restartPolicy": "Always",`
		if tt.now == "native" {
			list, kind = "containers", ""
		}
		app := `{"name": "app", "image": "app"}`
		proxy := `{"name": "istio-proxy", ` + kind + ` "image": "old", "env": [{"name": "ISTIO_META_APP_CONTAINERS", "value": "` + tt.told + `"}, {"name": "PROXY_CONFIG", "value": "old"}]}`
		lists := `"initContainers": [` + proxy + `], "containers": [` + app + `]`
		if list == "containers" {
			lists = `"containers": [` + app + `, ` + proxy + `]`
		}
		r := inject.Request{Namespace: "shop", NativeSidecars: tt.now == "native", Pod: []byte(`{"metadata": {"name": "web", "annotations": {"sidecar.istio.io/status": "{\"` + list + `\":[\"istio-proxy\"]}"}}, "spec": {` + lists + `}}`)}
		result, err := compile(t, testSources(t), inject.Options{}).Inject(r)
		if err != nil {
			t.Fatal(err)
		}
		got := applied(t, r.Pod, result.Patch)
		if kept := strings.Contains(string(got), `"value":"old"`); kept != tt.keeps {
			t.Errorf("%s, told of %s: the old configuration kept: %v, want %v\n%s", tt.now, tt.told, kept, tt.keeps, got)
		}
	}
}
