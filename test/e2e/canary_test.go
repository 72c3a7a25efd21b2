package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCanary moves a namespace from one revision to another that stands beside it,
// and back, as docs/install.md tells it. Two Helms install them: neither touches
// what is the other's.
func TestCanary(t *testing.T) {
	runPods(t)
	newRelease(t, 3, "outrigger", "--set=shutdownDelaySeconds=1")
	canary := newRelease(t, 4, "outrigger-canary", "--set=revision=canary,shutdownDelaySeconds=1")
	namespace := newNamespace(t, "canary-bookinfo", map[string]string{"istio-injection": "enabled"})
	applyBookinfo(t, namespace)
	revisionsAre(t, namespace, "default")

	s := newTrialStream(t, namespace, 50*time.Millisecond)
	kubectl(t, "", "label", "namespace", namespace, "istio-injection-", "istio.io/rev=canary")
	restartAll(t, namespace)
	revisionsAre(t, namespace, "canary")

	kubectl(t, "", "label", "namespace", namespace, "istio.io/rev-", "istio-injection=enabled")
	restartAll(t, namespace)
	revisionsAre(t, namespace, "default")

	canary.uninstall()
	s.awaitCreated(t, 20)
	if counts := s.stop(); counts.Refused > 0 || counts.Bare > 0 {
		t.Errorf("of %d pods %d were refused (%v) and %d came without a proxy, want none",
			counts.Created+counts.Refused, counts.Refused, counts.LastRefusal, counts.Bare)
	}
}

// TestTag moves a tag from one revision to another and takes the old one away, as
// docs/install.md tells it, with pods created all the while. In between both are called
// for each pod.
func TestTag(t *testing.T) {
	const delay = ",shutdownDelaySeconds=1"
	runPods(t)
	older := newRelease(t, 3, "outrigger-1-30", "--set=revision=1-30,revisionTags={prod}"+delay)
	namespace := newNamespace(t, "tagged", map[string]string{"istio.io/rev": "prod"})
	applyBookinfo(t, namespace)
	injectedBy(t, namespace, "1-30")

	s := newTrialStream(t, namespace, 20*time.Millisecond)
	newRelease(t, 4, "outrigger-1-31", "--set=revision=1-31,revisionTags={prod}"+delay)
	restartAll(t, namespace)
	s.awaitCreated(t, 20)
	older.upgrade("--reuse-values", "--set=revisionTags=null")
	restartAll(t, namespace)
	injectedBy(t, namespace, "1-31")
	older.uninstall()
	s.awaitCreated(t, 20)
	s.isUnbroken(t, "while the tag moved", streamCounts{})

	other := newNamespace(t, "tagged-otherwise", map[string]string{"istio.io/rev": "canary"})
	applyBookinfo(t, other)
	everyPodIs(t, other, "1/1 Running", 6)
}

// injectedBy checks that every pod has one proxy, by the status that a revision left.
func injectedBy(t *testing.T, namespace, want string) {
	t.Helper()
	everyPodIs(t, namespace, "2/2 Running", 6)
	eachPod(t, namespace, func(pod *corev1.Pod) {
		theProxy(t, pod)
		if got := statusOf(t, pod).Revision; got != want {
			t.Errorf("%s was injected by revision %q, want %q", pod.Name, got, want)
		}
	})
}

// restartAll replaces every pod of the Deployments of a namespace.
func restartAll(t *testing.T, namespace string) {
	t.Helper()
	time.Sleep(1100 * time.Millisecond) // kubectl refuses to restart what it restarted within the second
	kubectl(t, namespace, "rollout", "restart", "deployment")
	awaitRollouts(t, namespace)
}

// awaitRollouts waits until the pods of Deployments of one replica are new, and
// those from before have gone.
func awaitRollouts(t *testing.T, namespace string) {
	t.Helper()
	eventually(t, "every pod is new", func(ctx context.Context) (bool, error) {
		deployments, err := shared.Client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, d := range deployments.Items {
			if d.Status.ObservedGeneration < d.Generation || d.Status.UpdatedReplicas < 1 || d.Status.ReadyReplicas != 1 {
				return false, nil
			}
		}
		pods, err := shared.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		return len(pods.Items) == len(deployments.Items), nil
	})
}

// revisionsAre checks that every pod has one proxy, which the revision injected.
func revisionsAre(t *testing.T, namespace, want string) {
	t.Helper()
	everyPodIs(t, namespace, "2/2 Running", 6)
	eachPod(t, namespace, func(pod *corev1.Pod) {
		theProxy(t, pod)
		got := []string{statusOf(t, pod).Revision, pod.Annotations["istio.io/rev"]}
		if diff := cmp.Diff([]string{want, want}, got); diff != "" {
			t.Errorf("revision of %s, in its status and its annotation (-want +got):\n%s", pod.Name, diff)
		}
	})
}

func eachPod(t *testing.T, namespace string, do func(*corev1.Pod)) {
	t.Helper()
	pods, err := shared.Client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range pods.Items {
		do(&pods.Items[i])
	}
}
