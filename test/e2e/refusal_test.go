package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestRefusalsAreReadable shows that whoever asks why a Deployment has no pods
// finds the answer where Kubernetes shows it.
func TestRefusalsAreReadable(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "refusals", map[string]string{"istio-injection": "enabled"})
	if err := shared.Apply(t.Context(), `
apiVersion: apps/v1
kind: Deployment
metadata: {name: greedy}
spec:
  selector: {matchLabels: {app: greedy}}
  template:
    metadata:
      labels: {app: greedy}
      annotations:
        sidecar.istio.io/proxyCPU: plenty
        traffic.sidecar.istio.io/includeInboundPorts: "80,http"
    spec:
      containers:
      - {name: greedy, image: example.com/greedy:1}
`, "--namespace="+namespace); err != nil {
		t.Fatal(err)
	}
	var described string
	eventually(t, "the ReplicaSet has an event", func(context.Context) (bool, error) {
		described = kubectl(t, namespace, "describe", "replicaset", "--selector=app=greedy")
		return strings.Contains(described, "FailedCreate"), nil
	})
	for _, want := range []string{
		"sidecar-injector.outrigger.io", "denied the request",
		"Deployment", "greedy",
		"sidecar.istio.io/proxyCPU", "plenty",
		"traffic.sidecar.istio.io/includeInboundPorts", "80,http",
	} {
		if !strings.Contains(described, want) {
			t.Errorf("kubectl describe replicaset does not say %q:\n%s", want, described)
		}
	}
}
