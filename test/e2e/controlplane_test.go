package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

const (
	// limit is how long anything is waited for: far longer than it takes.
	limit = 2 * time.Minute
	// patience is the same for kubectl.
	patience = "--timeout=2m"

	poll = 100 * time.Millisecond
)

func TestKubectlAndServerAreOfOneVersion(t *testing.T) {
	out := kubectl(t, "default", "version")
	versions := regexp.MustCompile(`v[0-9.]+\S*`).FindAllString(out, -1)
	slices.Sort(versions)
	if versions = slices.Compact(versions); len(versions) != 2 || !strings.HasPrefix(versions[0], "v1.37.") {
		// The second is that of the Kustomize inside kubectl.
		t.Errorf("kubectl version printed\n%s\nwant one version of Kubernetes, 1.37, on both sides", out)
	}
}

func TestEveryKindOfWorkloadRuns(t *testing.T) {
	namespace := newNamespace(t, "workloads", nil)
	runEveryKind(t, namespace)

	tests := []struct {
		app  string
		want []string // READY and STATUS, a pod a line
	}{
		{"web", []string{"2/2 Running", "2/2 Running"}},
		{"store", []string{"1/1 Running", "1/1 Running"}},
		{"agent", []string{"2/2 Running", "2/2 Running"}}, // a pod a node
		{"report", []string{"0/2 Completed"}},
		{"nightly", []string{"0/1 Completed"}},
		{"twin", []string{"1/1 Running", "1/1 Running"}},
		{"elder", []string{"1/1 Running"}},
		{"single", []string{"1/1 Running"}},
	}
	for _, tt := range tests {
		t.Run(tt.app, func(t *testing.T) {
			out := kubectl(t, namespace, "get", "pods", "--no-headers", "--selector=app="+tt.app)
			if diff := cmp.Diff(tt.want, readyAndStatus(out)); diff != "" {
				t.Errorf("READY and STATUS (-want +got):\n%s\nkubectl get pods printed\n%s", diff, out)
			}
		})
	}
}

// runEveryKind applies workloads.yaml and waits until all of it runs or has run.
func runEveryKind(t *testing.T, namespace string) {
	t.Helper()
	apply(t, namespace, "workloads.yaml")
	kubectl(t, namespace, "create", "job", "nightly-now", "--from=cronjob/nightly")
	for _, workload := range []string{"deployment/web", "statefulset/store", "daemonset/agent"} {
		kubectl(t, namespace, "rollout", "status", patience, workload)
	}
	kubectl(t, namespace, "wait", patience, "--for=condition=Complete", "job/report", "job/nightly-now")
	kubectl(t, namespace, "wait", patience, "--for=jsonpath={.status.readyReplicas}=2", "replicaset/twin")
	kubectl(t, namespace, "wait", patience, "--for=jsonpath={.status.readyReplicas}=1", "replicationcontroller/elder")
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/single")
}

func TestDeletedPodsAreReplaced(t *testing.T) {
	namespace := newNamespace(t, "deletions", nil)
	apply(t, namespace, "workloads.yaml")
	kubectl(t, namespace, "rollout", "status", patience, "statefulset/store")
	uid := []string{"get", "pod", "store-0", "--output=jsonpath={.metadata.uid}"}
	before := kubectl(t, namespace, uid...)

	kubectl(t, namespace, "delete", "pod", "store-0", patience)
	kubectl(t, namespace, "wait", patience, "--for=create", "pod/store-0")
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/store-0")
	if after := kubectl(t, namespace, uid...); after == before {
		t.Errorf("store-0 is still the pod %s", before)
	}

	kubectl(t, namespace, "delete", "statefulset", "store")
	kubectl(t, namespace, "wait", patience, "--for=delete", "pod", "--selector=app=store")
}

func TestNodesOfOtherVersions(t *testing.T) {
	const name, kubelet = "old-node", "v1.27.3"
	addNode(t, cluster.Node{Name: name, KubeletVersion: kubelet})
	fields := strings.Fields(kubectl(t, "default", "get", "node", name, "--no-headers"))
	if len(fields) < 5 || fields[1] != "Ready" || fields[4] != kubelet {
		t.Errorf("kubectl get node printed %q, want STATUS Ready and VERSION %s", fields, kubelet)
	}
}

func TestClusterOutlivesItsAPIServer(t *testing.T) {
	tests := []struct {
		name string
		end  func() error
	}{
		{"stopped", shared.APIServer.Stop},
		{"killed", shared.APIServer.Kill},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			namespace := newNamespace(t, "api-server-"+tt.name, nil)
			apply(t, namespace, "workloads.yaml")
			kubectl(t, namespace, "rollout", "status", patience, "deployment/web")

			if err := tt.end(); err != nil {
				t.Error(err)
			}
			if _, err := shared.Kubectl(t.Context(), "get", "namespaces"); err == nil {
				t.Error("kubectl still has an answer")
			}
			if err := shared.APIServer.Start(t.Context()); err != nil {
				t.Fatal(err)
			}

			// Needs the API server, the controllers, the scheduler and kwok.
			kubectl(t, namespace, "scale", "deployment/web", "--replicas=4")
			kubectl(t, namespace, "rollout", "status", patience, "deployment/web")
			out := kubectl(t, namespace, "get", "pods", "--no-headers", "--selector=app=web")
			want := slices.Repeat([]string{"2/2 Running"}, 4)
			if diff := cmp.Diff(want, readyAndStatus(out)); diff != "" {
				t.Errorf("READY and STATUS (-want +got):\n%s", diff)
			}
		})
	}
}

// The controller manager takes the pods of a node that it lost sight of for not
// ready. Here that is done for it: it would take its time.
func TestPodsRecoverWithTheirNode(t *testing.T) {
	namespace := newNamespace(t, "recovery", nil)
	apply(t, namespace, "workloads.yaml")
	kubectl(t, namespace, "rollout", "status", patience, "statefulset/store")
	kubectl(t, namespace, "patch", "pod", "store-0", "--subresource=status",
		`--patch={"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "NodeNotReady"}]}}`)
	kubectl(t, namespace, "wait", patience, "--for=condition=Ready", "pod/store-0")
	kubectl(t, namespace, "wait", patience, "--for=jsonpath={.status.readyReplicas}=2", "statefulset/store")
}

func TestHundredsOfPods(t *testing.T) {
	const pods = 300
	namespace := newNamespace(t, "hundreds", nil)
	apply(t, namespace, "workloads.yaml")
	kubectl(t, namespace, "rollout", "status", patience, "deployment/web")

	start := time.Now()
	kubectl(t, namespace, "scale", "deployment/web", fmt.Sprintf("--replicas=%d", pods))
	kubectl(t, namespace, "rollout", "status", patience, "deployment/web")
	took := time.Since(start)
	t.Logf("%d pods were ready after %s: %.0f a second", pods, took.Round(time.Millisecond), pods/took.Seconds())
}

// readyAndStatus takes the columns READY and STATUS, and lets the others go,
// from what kubectl get pods printed without its header.
func readyAndStatus(table string) []string {
	var rows []string
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) >= 3 {
			rows = append(rows, fields[1]+" "+fields[2])
		}
	}
	return rows
}
