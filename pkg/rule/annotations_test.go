package rule

import (
	"strings"
	"testing"
)

// TestWrongElementsAreNamedUpToAPoint: a list may be as long as a pod.
func TestWrongElementsAreNamedUpToAPoint(t *testing.T) {
	err := CurrentChecks["traffic.sidecar.istio.io/excludeInboundPorts"](strings.Repeat("http,", 20_000) + "80")
	if err == nil {
		t.Fatal("no error")
	}
	if n := strings.Count(err.Error(), `"http" is not a port`); n != 16 || !strings.HasSuffix(err.Error(), "\nmore of them are wrong") {
		t.Errorf("%d are named, and at the end %q", n, err.Error()[len(err.Error())-40:])
	}
}
