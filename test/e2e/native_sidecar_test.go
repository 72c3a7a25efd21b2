package e2e

import (
	"context"
	"slices"
	"testing"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestNativeSidecarsFollowNodeVersions shows that the proxy is a native sidecar
// where every node that the pod may come to runs one well: from kubelet 1.33 on.
func TestNativeSidecarsFollowNodeVersions(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "native", map[string]string{"istio-injection": "enabled"})

	expectNative(t, namespace, "", "", true)

	addNode(t, cluster.Node{Name: "kubelet-1-33", KubeletVersion: "v1.33.0"})
	addNode(t, cluster.Node{Name: "kubelet-1-32", KubeletVersion: "v1.32.9"})
	awaitNative(t, namespace, false)
	for _, tt := range []struct {
		node, annotation string
		want             bool
	}{
		{"", "", false},
		{"", "true", true},
		{"kubelet-1-33", "", true},
		{"kubelet-1-33", "false", false},
		{"node-1", "", true},
		{"kubelet-1-32", "", false},
	} {
		expectNative(t, namespace, tt.node, tt.annotation, tt.want)
	}
	kubectl(t, namespace, "run", "on-old-nodes", "--image=example.com/app:1")
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/on-old-nodes")

	if err := shared.RemoveNode(t.Context(), "kubelet-1-32"); err != nil {
		t.Fatal(err)
	}
	awaitNative(t, namespace, true)
	kubectl(t, namespace, "run", "on-new-nodes", "--image=example.com/app:1")
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/on-new-nodes")
	for pod, want := range map[string]string{"on-old-nodes": "2/2 Running", "on-new-nodes": "2/2 Running"} {
		out := kubectl(t, namespace, "get", "pod", pod)
		if got := readyAndStatus(out); !slices.Contains(got, want) {
			t.Errorf("kubectl get pod printed\n%s\nwant %s", out, want)
		}
	}
}

func expectNative(t *testing.T, namespace, node, annotation string, want bool) {
	t.Helper()
	pod := appPod()
	pod.Spec.NodeName = node
	if annotation != "" {
		pod.Annotations = map[string]string{"sidecar.istio.io/nativeSidecar": annotation}
	}
	containers, native := proxies(admitted(t, namespace, pod))
	wantContainers, wantNative := 1, 0
	if want {
		wantContainers, wantNative = 0, 1
	}
	if containers != wantContainers || native != wantNative {
		t.Errorf("a pod of node %q with annotation %q: %d proxies among the containers and %d native ones, want %d and %d",
			node, annotation, containers, native, wantContainers, wantNative)
	}
}

// awaitNative waits until news of a node has reached Outrigger.
func awaitNative(t *testing.T, namespace string, want bool) {
	t.Helper()
	eventually(t, "pods get the other kind of proxy", func(context.Context) (bool, error) {
		_, native := proxies(admitted(t, namespace, appPod()))
		return (native == 1) == want, nil
	})
}
