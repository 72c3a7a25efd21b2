package rule

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// lost are the places of a pod, by rule, that come back as another and that nothing
// names, each with the reason.
var lost = map[string]map[string]string{
	"prometheus": {
		"metadata.annotations.prometheus-io/": "comes back as prometheus.io/, which Prometheus reads alike",
		"metadata.annotations.prometheus.io/": "the same",
	},
	"injected-annotations": {
		"metadata.annotations.example.com/injected": "nothing tells it from the workload's own",
	},
}

// TestRevertTakesOffWhatApplyDid holds each rule against itself: applied to a random
// pod, behind the templates' overlay, and taken off again, it leaves the pod as it was,
// or what is not is named.
func TestRevertTakesOffWhatApplyDid(t *testing.T) {
	settings := map[string]Rule{
		"labels":               Labels{TLSMode: true, Canonical: true, Revision: true},
		"pod-security":         PodSecurity{SDS: true},
		"injected-annotations": InjectedAnnotations{[]tree.Member{{Key: "example.com/injected", Value: tree.NewString("yes")}}},
	}
	for _, rule := range All {
		if own := settings[rule.Name()]; own != nil {
			rule = own
		}
		t.Run(rule.Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { revertsItself(t, rule) })
		})
	}
}

func revertsItself(t *rapid.T, rule Rule) {
	before := parse(t, podtest.Apart().Draw(t, "pod"))
	f := drawFacts(t, before)
	rules := []Rule{Overlay{}, Overrides{}, rule, Status{}}
	switch rule.Name() {
	case "overlay", "overrides", "status":
		rules = []Rule{Overlay{}, Overrides{}, Status{}}
	case "network": // which the proxy's variable shows to be injection's
		rules = []Rule{Overlay{}, Overrides{}, ClusterEnv{}, rule, Status{}}
	case "openshift": // comes before the templates
		rules = []Rule{rule, Overlay{}, Overrides{}, Status{}}
	}
	after := before
	for _, r := range rules {
		var err error
		if after, err = r.Apply(after, f); err != nil {
			t.Fatal(err)
		}
	}
	r, err := newRemoval(after, StatusOf(after), f.Workload)
	if err != nil {
		t.Fatal(err)
	}
	r.revert(rules)
	for _, path := range podtest.Differences(podtest.Meaning(before), podtest.Meaning(r.pod), "") {
		if said(r.notes, path) || takenOff(TakenOffOf(after, r.pod), path) || lostIn(rule, path) {
			continue
		}
		t.Fatalf("%s differs, and nothing says so\nnotes: %v\nbefore: %s\nafter:  %s\nback:   %s", path, r.notes, before.JSON(), after.JSON(), r.pod.JSON())
	}
}

func said(notes []Note, path string) bool {
	return slices.ContainsFunc(notes, func(n Note) bool {
		return strings.HasPrefix(path, n.Path) || path+"[istio-proxy]" == n.Path || path+"[istio-init]" == n.Path
	})
}

func takenOff(all []TakenOff, path string) bool {
	within := map[string]string{"labels": "metadata.labels.", "annotations": "metadata.annotations.", "volumes": "spec.volumes[", "pull secrets": "spec.imagePullSecrets["}
	return slices.ContainsFunc(all, func(off TakenOff) bool {
		return slices.ContainsFunc(off.Gone, func(name string) bool { return strings.HasPrefix(path, within[off.What]+name) })
	})
}

func lostIn(rule Rule, path string) bool {
	for prefix := range lost[rule.Name()] {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func drawFacts(t *rapid.T, p *tree.Value) *Facts {
	f := &Facts{
		Came: p, Original: p,
		Workload: pod.Workload{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"},
		Revision: rapid.SampledFrom([]string{"", "canary"}).Draw(t, "revision"),
		Env:      rapid.SampledFrom([]map[string]string{nil, {pod.ClusterVariable: "c1", pod.NetworkVariable: "net1"}}).Draw(t, "env"),
		Values:   map[string]any{"sidecarInjectorWebhook": map[string]any{"rewriteAppHTTPProbe": true}},
		Mesh:     Mesh{StatusPort: 15020, MergePrometheus: true, HoldApplication: rapid.Bool().Draw(t, "hold"), SDS: true},
	}
	list := rapid.SampledFrom([]string{"containers", "initContainers"}).Draw(t, "list")
	f.Overlays = []Rendered{{"sidecar", parse(t, []byte(`{"spec": {"`+list+`": [{"name": "istio-proxy", "image": "proxy"}],
		"volumes": [{"name": "istio-envoy", "emptyDir": {}}], "imagePullSecrets": [{"name": "mesh-registry"}]}}`))}}
	f.Rendered = parse(t, []byte(`{"dnsConfig": {"searches": ["global"]}}`))
	if list == "containers" {
		// The CNI plugin redirects.
		f.Overlays[0].Pod = f.Overlays[0].Pod.WithAt(parse(t, []byte(`[{"name": "istio-validation", "image": "init"}]`)), "spec", "initContainers")
		f.Rendered = f.Rendered.With("podRedirectAnnot", parse(t, []byte(`{"traffic.sidecar.istio.io/includeInboundPorts": "*", "sidecar.istio.io/interceptionMode": "REDIRECT"}`)))
	}
	return f
}

func parse(t *rapid.T, text []byte) *tree.Value {
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
