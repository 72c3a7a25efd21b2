package inject_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// withMeta is a pod with one annotation or label.
func withMeta(t *testing.T, field, key, value string) []byte {
	t.Helper()
	text, err := json.Marshal(object{"metadata": object{field: object{key: value}}, "spec": object{"containers": []any{object{"name": "app"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnnotationValues(t *testing.T) {
	current := compile(t, testSources(t), inject.Options{})
	v1 := compile(t, inject.Sources{Config: testdata(t, "config-1.0.yaml")}, inject.Options{})
	for _, c := range []struct {
		key       string
		good, bad []string
		v1Bad     []string // what else the 1.0 line refuses; nil: it does not check the key
	}{
		{"sidecar.istio.io/interceptionMode", []string{"REDIRECT", "TPROXY"}, []string{"redirect", ""}, []string{"NONE"}},
		{"status.sidecar.istio.io/port", []string{"0", "65535"}, []string{"65536", "-1", "http", ""}, []string{"x"}},
		{"readiness.status.sidecar.istio.io/initialDelaySeconds", []string{"0", "4294967295"}, []string{"4294967296", "1s"}, []string{"x"}},
		{"readiness.status.sidecar.istio.io/periodSeconds", []string{"2"}, []string{"-2"}, []string{"x"}},
		{"readiness.status.sidecar.istio.io/failureThreshold", []string{"30"}, []string{""}, []string{"x"}},
		{"traffic.sidecar.istio.io/includeOutboundIPRanges", []string{"*", "", "10.0.0.1/8,fd00::/8"}, []string{"10.0.0.1", "10.0.0.0/8, 10.1.0.0/16", "*,10.0.0.0/8"}, []string{"x"}},
		{"traffic.sidecar.istio.io/excludeOutboundIPRanges", []string{"", "10.0.0.0/8"}, []string{"*"}, []string{"x"}},
		{"traffic.sidecar.istio.io/includeInboundPorts", []string{"*", "", "80, 81"}, []string{"80,", "x"}, []string{"x"}},
		{"traffic.sidecar.istio.io/excludeInboundPorts", []string{"", " 80 ,81"}, []string{"*"}, []string{"x"}},
		{"traffic.sidecar.istio.io/includeOutboundPorts", []string{"*", "80"}, []string{"x"}, nil},
		{"traffic.sidecar.istio.io/excludeOutboundPorts", []string{"80"}, []string{"*"}, nil},
		{"traffic.sidecar.istio.io/excludeInterfaces", []string{"", "eth0,net1"}, []string{"eth0,,net1", "a/b", "eth0;rm", "veth+", "abcdefghijklmnop"}, nil},
		{"traffic.sidecar.istio.io/kubevirtInterfaces", []string{"net1"}, []string{"net 1"}, nil},
		{"istio.io/reroute-virtual-interfaces", []string{"net1"}, []string{"net 1"}, nil},
		{"prometheus.istio.io/merge-metrics", []string{"true", "false", "1"}, []string{"yes"}, nil},
		{"sidecar.istio.io/proxyCPU", []string{"100m", "1"}, []string{"", "lots"}, nil},
		{"sidecar.istio.io/proxyCPULimit", []string{"2"}, []string{"2 cores", "-1"}, nil},
		{"sidecar.istio.io/proxyMemory", []string{"128Mi"}, []string{"128MB"}, nil},
		{"sidecar.istio.io/proxyMemoryLimit", []string{"1Gi"}, []string{"1\nGi"}, nil},
		{"proxy.istio.io/config", []string{"", "concurrency: 2", "{unheardOf: 1}"}, []string{"concurrency: x", "interceptionMode: NOPE", "[1]", "a: [", "concurrency: -1", "discoveryAddress: nowhere"}, nil},
	} {
		try := func(in *inject.Injector, value string, refused bool) {
			t.Helper()
			result, err := in.Inject(inject.Request{Pod: withMeta(t, "annotations", c.key, value)})
			if (err != nil) != refused {
				t.Errorf("%s: %q: %v, want it refused: %v", c.key, value, err, refused)
			}
			if err != nil && (result.Decision.Reason != inject.InvalidAnnotation || !strings.Contains(err.Error(), c.key)) {
				t.Errorf("%s: %q: refused with %s: %v", c.key, value, result.Decision.Reason, err)
			}
		}
		for _, value := range c.good {
			try(current, value, false)
			try(v1, value, false)
		}
		for _, value := range c.bad {
			try(current, value, true)
		}
		for _, value := range c.v1Bad {
			try(v1, value, true)
		}
	}
}

// TestControlCharacters: values of the mesh's own keys stand in text that
// templates make, so a line break in one must not get there.
func TestControlCharacters(t *testing.T) {
	in := compile(t, testSources(t), inject.Options{})
	for _, c := range []struct {
		field, key, value string
		refused           bool
	}{
		{"annotations", "sidecar.istio.io/logLevel", "debug\n  - --evil", true},
		{"annotations", "istio.io/anything", "a\x7f", true},
		{"labels", "topology.istio.io/network", "a\tb", true},
		{"annotations", "sidecar.istio.io/userVolume", "{\n}", false},
		{"annotations", "proxy.istio.io/config", "concurrency: 1\n", false},
		{"annotations", "example.com/istio.io", "a\nb", false},
		{"annotations", "notistio.io/x", "a\nb", false},
	} {
		_, err := in.Inject(inject.Request{Pod: withMeta(t, c.field, c.key, c.value)})
		if (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s %s=%q: %v, want it refused: %v", c.field, c.key, c.value, err, c.refused)
		}
	}
}
