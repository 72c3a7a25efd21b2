package mesh

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func resource(t interface{ Fatal(...any) }, namespace, name, created, spec string) *Resource {
	v, err := tree.ParseYAML(fmt.Appendf(nil, "{apiVersion: networking.istio.io/v1beta1, kind: ProxyConfig, metadata: {namespace: %q, name: %q, creationTimestamp: %q}, spec: %s}", namespace, name, created, spec))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseResource(v, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func labelsOf(labels map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { value, ok := labels[key]; return value, ok }
}

// TestResourcesLayInTheirOrder: the root namespace's, the namespace's, the
// annotation, the workload's.
func TestResourcesLayInTheirOrder(t *testing.T) {
	m := parsed(t, "{rootNamespace: root, defaultConfig: {concurrency: 1, proxyMetadata: {A: mesh, B: mesh, C: mesh, D: mesh, E: mesh}}}", Since122())
	rs := NewResources(
		resource(t, "root", "r", "", "{concurrency: 2, environmentVariables: {B: root, C: root, D: root, E: root}, image: {imageType: debug}}"),
		resource(t, "ns", "n", "", "{environmentVariables: {C: ns, D: ns, E: ns}}"),
		resource(t, "ns", "w", "", "{selector: {matchLabels: {app: a, v: '1'}}, concurrency: 0, environmentVariables: {E: workload}}"),
		resource(t, "other", "o", "", "{concurrency: 9}"),
	)
	p, _, err := m.ForPod("{concurrency: 3, proxyMetadata: {D: pod, E: pod}}", rs.For("root", "ns", labelsOf(map[string]string{"app": "a", "v": "1", "x": ""})))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := p.JSON(); got != `{"concurrency":0,"proxyMetadata":{"A":"mesh","B":"root","C":"ns","D":"pod","E":"workload"},"image":{"imageType":"debug"}}` {
		t.Error(got)
	}
	p, _, _ = m.ForPod("", rs.For("root", "root", labelsOf(nil)))
	if got, _ := p.JSON(); got != `{"concurrency":2,"proxyMetadata":{"A":"mesh","B":"root","C":"root","D":"root","E":"root"},"image":{"imageType":"debug"}}` {
		t.Error(got)
	}
	if p, _, _ = m.ForPod("", (*Resources)(nil).For("root", "ns", labelsOf(nil))); p != m.Proxy() {
		t.Error("no resources change something")
	}
}

// TestTheOldestResourceCounts, alone, at each level, whatever the order in which
// they are given.
func TestTheOldestResourceCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pod := map[string]string{"a": "1", "b": "2"}
		type drawn struct {
			namespace string
			selector  map[string]string
			age       int
		}
		var all []*Resource
		what := map[*Resource]drawn{}
		for i := range rapid.IntRange(0, 12).Draw(t, "how many") {
			d := drawn{
				namespace: rapid.SampledFrom([]string{"root", "ns", "other"}).Draw(t, "namespace"),
				selector:  rapid.SampledFrom([]map[string]string{nil, {"a": "1"}, {"a": "1", "b": "2"}, {"a": "2"}, {"a": "1", "c": ""}}).Draw(t, "selector"),
				age:       rapid.IntRange(0, 3).Draw(t, "age"),
			}
			var pairs []string
			for _, key := range slices.Sorted(maps.Keys(d.selector)) {
				pairs = append(pairs, fmt.Sprintf("%s: %q", key, d.selector[key]))
			}
			spec := "{}"
			if pairs != nil {
				spec = "{selector: {matchLabels: {" + strings.Join(pairs, ", ") + "}}}"
			}
			r := resource(t, d.namespace, fmt.Sprintf("n%02d", i), time.Unix(int64(1000-d.age), 0).UTC().Format(time.RFC3339), spec)
			all = append(all, r)
			what[r] = d
		}
		namespace := rapid.SampledFrom([]string{"root", "ns"}).Draw(t, "pod's namespace")
		rs := NewResources(rapid.Permutation(all).Draw(t, "order")...)
		for _, r := range all {
			switch rapid.IntRange(0, 3).Draw(t, "what becomes of it") {
			case 0: // it goes
				rs.Remove(r.Namespace, r.Name)
				all = without(slices.Clone(all), r)
			case 1: // it goes and comes back, in between with another selector
				other := resource(t, r.Namespace, r.Name, "", "{selector: {matchLabels: {a: '1', z: z}}}")
				rs.Put(other)
				rs.Put(r)
			}
		}
		got := rs.For("root", namespace, labelsOf(pod))
		oldest := func(counts func(drawn) bool) *Resource {
			var best *Resource
			for _, r := range all { // by name, so that the first of an age stays
				if counts(what[r]) && (best == nil || what[r].age > what[best].age) {
					best = r
				}
			}
			return best
		}
		matches := func(d drawn) bool {
			for key, value := range d.selector {
				if own, ok := pod[key]; !ok || own != value {
					return false
				}
			}
			return len(d.selector) > 0
		}
		want := Selected{
			Mesh:     oldest(func(d drawn) bool { return d.namespace == "root" && d.selector == nil }),
			Workload: oldest(func(d drawn) bool { return d.namespace == namespace && matches(d) }),
		}
		if namespace != "root" {
			want.Namespace = oldest(func(d drawn) bool { return d.namespace == namespace && d.selector == nil })
		}
		if got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
		for _, r := range all {
			rs.Remove(r.Namespace, r.Name)
		}
		if len(rs.in) > 0 {
			t.Fatalf("%d namespaces are left when all resources are gone", len(rs.in))
		}
	})
}

// TestTenThousandResources tells what they cost.
func TestTenThousandResources(t *testing.T) {
	const many = 10_000
	selected := func(i int) string {
		return fmt.Sprintf("{selector: {matchLabels: {app: app-%d}}, concurrency: %d, environmentVariables: {PLACE: %q}, image: {imageType: distroless}}", i, i%8, fmt.Sprint("place-", i))
	}
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := allocated()
	rs := NewResources()
	for i := range many {
		rs.Put(resource(t, fmt.Sprint("ns-", i%100), fmt.Sprint("name-", i), "2026-01-01T00:00:00Z", selected(i)))
	}
	each := (allocated() - before) / many
	t.Logf("%d bytes each", each)
	if each > 1000 {
		t.Errorf("each of %d resources keeps %d bytes", many, each)
	}
	for i := range 100 {
		s := rs.For("root", fmt.Sprint("ns-", i), labelsOf(map[string]string{"app": fmt.Sprint("app-", i), "version": "v1"}))
		if s.Workload == nil || s.Workload.Name != fmt.Sprint("name-", i) {
			t.Errorf("the pod of app-%d gets %v", i, s.Workload)
		}
	}
}

func TestRefusedResources(t *testing.T) {
	for text, want := range map[string]string{
		"{metadata: {name: a, namespace: b}, spec: {concurrency: -1}}":            "ProxyConfig b/a: spec.concurrency: -1 is negative",
		"{metadata: {name: a, namespace: b}, spec: {concurrency: x}}":             `ProxyConfig b/a: spec.concurrency: a whole number is wanted, not the string "x"`,
		"{metadata: {name: a, namespace: b}, spec: [1]}":                          "ProxyConfig b/a: spec: an object is wanted, not a list",
		"{metadata: {name: a, namespace: b, creationTimestamp: now}, spec: {}}":   `ProxyConfig b/a: metadata.creationTimestamp: "now" is no time`,
		"{metadata: {name: a, namespace: b}, spec: {selector: {matchLabels: a}}}": "ProxyConfig b/a: spec.selector.matchLabels: an object is wanted",
	} {
		v, err := tree.ParseYAML([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseResource(v, ""); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
