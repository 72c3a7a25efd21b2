package rule

import (
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestProbesWithoutAnAgent: where a pod's agent has no port, nobody passes probes on.
func TestProbesWithoutAnAgent(t *testing.T) {
	facts := &Facts{
		Values: podtemplate.Values{"sidecarInjectorWebhook": map[string]any{"rewriteAppHTTPProbe": true}},
		Mesh:   Mesh{StatusPort: 15020},
	}
	for port, rewritten := range map[string]bool{"0": false, "00": false, "15099": true, "15020": true} {
		for _, handler := range []string{`"readinessProbe":{"tcpSocket":{"port":80}}`, `"livenessProbe":{"grpc":{"port":80}}`, `"lifecycle":{"preStop":{"httpGet":{"port":80}}}`} {
			p, err := tree.Parse([]byte(`{"metadata":{"annotations":{"status.sidecar.istio.io/port":"` + port + `"}},"spec":{"containers":[{"name":"app",` + handler + `},{"name":"istio-proxy"}]}}`))
			if err != nil {
				t.Fatal(err)
			}
			after, err := (Probes{}).Apply(p, facts)
			if err != nil {
				t.Fatal(err)
			}
			if got := after != p; got != rewritten {
				t.Errorf("port %s, %s: rewritten: %v", port, handler, got)
			}
			warned := strings.Contains(strings.Join(Warnings(p, func(string) bool { return true }, DefaultProxyID), "\n"), "stay as they are")
			if warned == rewritten {
				t.Errorf("port %s, %s: warned of: %v", port, handler, warned)
			}
		}
	}
}

// TestLowPortsOfNoTruth: templates compare with the words themselves.
func TestLowPortsOfNoTruth(t *testing.T) {
	for value, warned := range map[string]bool{"true": false, "false": false, "yes": true, "TRUE": true, "1": true, "": true} {
		p := pod.WithAnnotation(tree.NewObject(), lowPortsKey, value)
		said := strings.Join(Warnings(p, func(string) bool { return true }, DefaultProxyID), "\n")
		if got := strings.Contains(said, "is neither true nor false and was ignored"); got != warned {
			t.Errorf("%q: %s", value, said)
		}
	}
}

// TestProbesOfNoTruth: an annotation that is neither true nor false counts for nothing,
// and is warned of.
func TestProbesOfNoTruth(t *testing.T) {
	for value, warned := range map[string]bool{"yes": true, "": true, "true": false, "F": false, "0": false} {
		p, err := tree.Parse([]byte(`{"metadata":{"annotations":{"sidecar.istio.io/rewriteAppHTTPProbers":"` + value + `"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(Warnings(p, func(string) bool { return true }, DefaultProxyID), "\n")
		if got := strings.Contains(said, "is neither true nor false and was ignored"); got != warned {
			t.Errorf("%q: %s", value, said)
		}
	}
}
