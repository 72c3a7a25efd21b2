package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestInjectedManifestsAreApplied shows that what `outrigger inject` writes is
// accepted by server-side apply, runs, and is the same when applied again.
func TestInjectedManifestsAreApplied(t *testing.T) {
	binary, err := cluster.Outrigger()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, namespace string
		labels          map[string]string
	}{
		{"where no webhook looks", "manifests", nil},
		{"where the webhook injects again", "manifests-injected", map[string]string{"istio-injection": "enabled"}},
	}
	o := newInstallation(t, installation.Options{})
	config := saveConfigMap(t, o.InjectorConfigMap())
	mesh := saveConfigMap(t, o.MeshConfigMap())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			newNamespace(t, tt.namespace, tt.labels)
			manifests, err := exec.CommandContext(t.Context(), binary, "inject", "--quiet", "--namespace="+tt.namespace,
				"--inject-config-file="+config, "--mesh-config-file="+mesh,
				"--filename="+bookinfo, "--filename=testdata/workloads.yaml").Output()
			if err != nil {
				t.Fatal(err)
			}
			serverSide := []string{"--server-side", "--namespace=" + tt.namespace}
			if err := shared.Apply(t.Context(), string(manifests), serverSide...); err != nil {
				t.Fatal(err)
			}
			kubectl(t, tt.namespace, "wait", patience, "--for=condition=Available", "deployment", "--all")
			kubectl(t, tt.namespace, "wait", patience, "--for=condition=Complete", "job/report")
			kubectl(t, tt.namespace, "rollout", "status", patience, "statefulset/store")
			kubectl(t, tt.namespace, "rollout", "status", patience, "daemonset/agent")
			kubectl(t, tt.namespace, "wait", patience, "--for=condition=Ready", "pod/single")
			if bare, all := barePods(t, tt.namespace); len(bare) > 0 || all < 16 {
				t.Errorf("of %d pods %q lack a proxy", all, bare)
			}

			before := generations(t, tt.namespace)
			if err := shared.Apply(t.Context(), string(manifests), serverSide...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, generations(t, tt.namespace)); diff != "" {
				t.Errorf("generations of the Deployments when applied again (-before +after):\n%s", diff)
			}
		})
	}
}

// saveConfigMap writes a ConfigMap of the installation to a file, as people do
// who inject with the configuration of a cluster.
func saveConfigMap(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".yaml")
	manifest := kubectl(t, installation.Namespace, "get", "configmap", name, "--output=yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func generations(t *testing.T, namespace string) map[string]int64 {
	t.Helper()
	deployments, err := shared.Client.AppsV1().Deployments(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	generations := map[string]int64{}
	for _, deployment := range deployments.Items {
		generations[deployment.Name] = deployment.Generation
	}
	return generations
}
