package rule

import (
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestUnread: what only the injector would read, and does not, is mostly misspelt.
func TestUnread(t *testing.T) {
	for _, c := range []struct {
		kind, key string
		want      []string
	}{
		{"annotations", "sidecar.istio.io/proxyCPU", nil},
		{"annotations", "example.com/proxyCPU", nil},
		{"annotations", "networking.istio.io/exportTo", nil},
		{"annotations", "prometheus.io/port", nil},
		{"annotations", "sidecar.istio.io/proxyCpu", []string{"annotation sidecar.istio.io/proxyCpu: nothing reads it; did you mean sidecar.istio.io/proxyCPU?"}},
		{"annotations", "sidecar.istio.oi/proxyCPU", []string{"annotation sidecar.istio.oi/proxyCPU: nothing reads it; did you mean sidecar.istio.io/proxyCPU?"}},
		{"annotations", "prxoy.istio.io/config", []string{"annotation prxoy.istio.io/config: nothing reads it; did you mean proxy.istio.io/config?"}},
		{"annotations", "sidecar.istio.io/quiteAnother", []string{"annotation sidecar.istio.io/quiteAnother: nothing reads it"}},
		{"annotations", "read.by/a-template", nil},
		{"annotations", "sidecar.istio.io/by-a-template", nil},
		{"labels", "sidecar.istio.io/inject", nil},
		{"labels", "istio.io/rev", nil},
		{"labels", "sidecar.istio.io/injct", []string{"label sidecar.istio.io/injct: nothing reads it; did you mean sidecar.istio.io/inject?"}},
		{"labels", "sidecars.istio.io/inject", []string{"label sidecars.istio.io/inject: nothing reads it; did you mean sidecar.istio.io/inject?"}},
		{"labels", "sidecar.istio.io/proxyCPU", []string{"label sidecar.istio.io/proxyCPU: nothing reads it; as an annotation it would be"}},
		{"labels", "sidecar.istio.io/by-a-template", nil},
	} {
		p := tree.NewObject().WithAt(tree.NewObject(tree.Member{Key: c.key, Value: tree.NewString("true")}), "metadata", c.kind)
		reads := func(key string) bool { return key == "sidecar.istio.io/by-a-template" }
		if got := slices.Concat(unreadAnnotations(p, reads), unreadLabels(p, reads)); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: %q, want %q", c.kind, c.key, got, c.want)
		}
	}
}

// TestSharedUser: an application may not run as the proxy, whatever that runs as.
func TestSharedUser(t *testing.T) {
	for _, c := range []struct {
		name, pod string
		uid       int64
		warned    bool
	}{
		{"the usual one", `{"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1337}}]}}`, 1337, true},
		{"of the whole pod", `{"spec":{"securityContext":{"runAsUser":1337},"containers":[{"name":"app"}]}}`, 1337, true},
		{"another", `{"spec":{"securityContext":{"runAsUser":1337},"containers":[{"name":"app","securityContext":{"runAsUser":1}}]}}`, 1337, false},
		{"the namespace's", `{"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1099}}]}}`, 1099, true},
		{"the usual one where the namespace has its own", `{"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1337}}]}}`, 1099, false},
		{"the one that the pod says", `{"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1000}},{"name":"istio-proxy","securityContext":{"runAsUser":1000}}]}}`, 1337, true},
		{"the usual one where the pod says another", `{"spec":{"containers":[{"name":"app","securityContext":{"runAsUser":1337}},{"name":"istio-proxy","securityContext":{"runAsUser":1000}}]}}`, 1337, false},
	} {
		p, err := tree.Parse([]byte(c.pod))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(sharedUser(p, c.uid)) > 0; got != c.warned {
			t.Errorf("%s: warned %v", c.name, got)
		}
	}
}
