package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestEveryKindOfWorkloadIsInjected shows that the pods of every kind get a proxy
// that knows what it belongs to.
func TestEveryKindOfWorkloadIsInjected(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "injected-workloads", map[string]string{"istio-injection": "enabled"})
	runEveryKind(t, namespace)

	tests := []struct {
		app      string
		want     []string // READY and STATUS, a pod a line
		workload string
		owner    string // in the API: apis/GROUP/VERSION and the plural, NAME
	}{
		{"web", []string{"3/3 Running", "3/3 Running"}, "web", "apps/v1 deployments/web"},
		{"store", []string{"2/2 Running", "2/2 Running"}, "store", "apps/v1 statefulsets/store"},
		{"agent", []string{"3/3 Running", "3/3 Running"}, "agent", "apps/v1 daemonsets/agent"},
		{"report", []string{"0/3 Completed"}, "report", "batch/v1 jobs/report"},
		{"nightly", []string{"0/2 Completed"}, "nightly-now", "batch/v1 jobs/nightly-now"},
		{"twin", []string{"2/2 Running", "2/2 Running"}, "twin", "apps/v1 replicasets/twin"},
		{"elder", []string{"2/2 Running"}, "elder", "v1 replicationcontrollers/elder"},
		{"single", []string{"2/2 Running"}, "single", "v1 pods/single"},
	}
	for _, tt := range tests {
		t.Run(tt.app, func(t *testing.T) {
			out := kubectl(t, namespace, "get", "pods", "--no-headers", "--selector=app="+tt.app)
			if diff := cmp.Diff(tt.want, readyAndStatus(out)); diff != "" {
				t.Errorf("READY and STATUS (-want +got):\n%s\nkubectl get pods printed\n%s", diff, out)
			}
			pods, err := shared.Client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=" + tt.app})
			if err != nil {
				t.Fatal(err)
			}
			version, object, _ := strings.Cut(tt.owner, " ")
			owner := "kubernetes://apis/" + version + "/namespaces/" + namespace + "/" + object
			for _, pod := range pods.Items {
				variables := env(theProxy(t, &pod))
				if got := variables["ISTIO_META_WORKLOAD_NAME"]; got != tt.workload {
					t.Errorf("%s: the workload is %q, want %q", pod.Name, got, tt.workload)
				}
				if got := variables["ISTIO_META_OWNER"]; got != owner {
					t.Errorf("%s: the owner is %q, want %q", pod.Name, got, owner)
				}
			}
		})
	}
}
