package validation

import (
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// refusedOfTheReference are the cases in which Kubernetes refuses what the reference
// makes of a pod, and so what is made of it with the reference's own configuration.
var refusedOfTheReference = map[string]string{
	"only-proxy-container": "as a native sidecar the proxy leaves no ordinary container",
	"sidecar-spire":        "a template that adds to the proxy names it among the ordinary containers, and it is a native sidecar",
	"user-volume":          "its annotation asks for a volume with an absolute path in it",
}

// TestConformance injects the inputs of all conformance cases.
func TestConformance(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			checked := 0
			conformance.Each(t, generation, nil, func(t *testing.T, c *conformance.Case) {
				var requests []inject.Request
				if c.CLI {
					requests = c.Templates(t, conformance.Read(t, c.File("input.yaml")))
				}
				if c.Webhook {
					for _, pod := range c.Pods(t) {
						requests = append(requests, pod.Request)
					}
				}
				in := c.Injector(t, c.Sources(t), "default")
				for _, r := range requests {
					checked++
					err := passes(t, in, r)
					if reason, known := refusedOfTheReference[c.Name()]; known && err == nil {
						t.Errorf("Kubernetes takes it, and is said not to: %s", reason)
					} else if !known && err != nil {
						t.Error(err)
					}
				}
			})
			t.Logf("%s: %d pods", generation, checked)
		})
	}
}
