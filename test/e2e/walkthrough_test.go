package e2e

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

const bookinfo = "../../testdata/bookinfo/bookinfo.yaml"

// TestWalkthrough does what users know: label the namespace, apply bookinfo, and
// every pod shows 2/2.
func TestWalkthrough(t *testing.T) {
	unlabelled := newNamespace(t, "unlabelled", nil)
	for _, profile := range profiles.Names() {
		t.Run(profile, func(t *testing.T) {
			newInstallation(t, installation.Options{Replicas: 2, Profile: profile})
			kubectl(t, "default", "label", "namespace", "default", "istio-injection=enabled")
			t.Cleanup(func() {
				if _, err := shared.Kubectl(context.Background(), "label", "namespace", "default", "istio-injection-"); err != nil {
					t.Error(err)
				}
			})
			applyBookinfo(t, "default")
			everyPodIs(t, "default", "2/2 Running", 6)

			applyBookinfo(t, unlabelled)
			everyPodIs(t, unlabelled, "1/1 Running", 6)
		})
	}
}

// applyBookinfo applies the sample for one test and waits until all of it runs.
func applyBookinfo(t *testing.T, namespace string) {
	t.Helper()
	kubectl(t, namespace, "apply", "--filename="+bookinfo)
	t.Cleanup(func() {
		_, err := shared.Kubectl(context.Background(), "--namespace="+namespace, "delete", "--filename="+bookinfo, "--wait=false")
		if err != nil {
			t.Error(err)
		}
		if _, err := shared.Kubectl(context.Background(), "--namespace="+namespace, "wait", patience, "--for=delete", "pod", "--all"); err != nil {
			t.Error(err)
		}
	})
	kubectl(t, namespace, "wait", patience, "--for=condition=Available", "deployment", "--all")
}

// everyPodIs checks READY and STATUS as kubectl prints them for all pods.
func everyPodIs(t *testing.T, namespace, readyStatus string, pods int) {
	t.Helper()
	out := kubectl(t, namespace, "get", "pods")
	if diff := cmp.Diff(slices.Repeat([]string{readyStatus}, pods), readyAndStatus(out)[1:]); diff != "" {
		t.Errorf("READY and STATUS (-want +got):\n%s\nkubectl get pods printed\n%s", diff, out)
	}
}
