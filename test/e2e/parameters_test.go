package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestParametersInURL shows that what the webhook's URL says of the cluster
// reaches the proxy.
func TestParametersInURL(t *testing.T) {
	newInstallation(t, installation.Options{Revision: "params", Path: "/inject/cluster/c1/net/n1/tier/a--slash--b"})
	namespace := newNamespace(t, "params", map[string]string{"istio.io/rev": "params"})
	pod := admitted(t, namespace, appPod())
	variables := env(theProxy(t, pod))
	got := map[string]string{}
	for _, name := range []string{"ISTIO_META_CLUSTER_ID", "ISTIO_META_NETWORK", "TIER"} {
		got[name] = variables[name]
	}
	want := map[string]string{"ISTIO_META_CLUSTER_ID": "c1", "ISTIO_META_NETWORK": "n1", "TIER": "a/b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the proxy's environment (-want +got):\n%s", diff)
	}
	if got := pod.Labels["topology.istio.io/network"]; got != "n1" {
		t.Errorf("label topology.istio.io/network is %q, want n1", got)
	}
}
