package conformance

import (
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
)

// TestWebhook calls the engine as the admission server does.
func TestWebhook(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) { conformance.Each(t, generation, nil, webhookCase) })
	}
}

func webhookCase(t *testing.T, c *conformance.Case) {
	if !c.Webhook {
		return
	}
	in := c.Injector(t, c.Sources(t), "default")
	for _, pod := range c.Pods(t) {
		result, err := in.Inject(pod.Request)
		switch {
		case pod.Expected == nil && err == nil:
			t.Errorf("%s: injected, want it refused", pod.Name)
		case pod.Expected != nil && err != nil:
			t.Errorf("%s: %v", pod.Name, err)
		case pod.Expected != nil:
			conformance.ComparePods(t, conformance.Apply(t, pod.Request.Pod, result.Patch), pod.Expected)
		}
	}
}
