package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCheckBefore asks whether an installation would work: of whoever may do anything,
// and of an account that may do nothing.
func TestCheckBefore(t *testing.T) {
	namespace := newNamespace(t, "before", map[string]string{"istio-injection": "enabled"})
	reasons := func(args ...string) (found []string, status int) {
		stdout, status := outrigger(t, append([]string{"check", "--pre", "--output=json"}, args...)...)
		if stdout == "" {
			return nil, status
		}
		var printed struct{ Findings []finding }
		if err := json.Unmarshal([]byte(stdout), &printed); err != nil {
			t.Fatalf("%v in %s", err, stdout)
		}
		for _, f := range printed.Findings {
			found = append(found, f.Severity+" "+f.Reason)
		}
		return found, status
	}
	want := []string{"ok KubernetesSupported", "ok RightsEnough", "info ConfigMapMissing", "info NamespacesWaiting"}
	if got, status := reasons(); status != 0 || !cmp.Equal(want, got) {
		t.Errorf("it exited with %d and found %q, want 0 and %q", status, got, want)
	}

	meshInjector(t)
	want = []string{"ok KubernetesSupported", "ok RightsEnough", "warning DoubleInjection", "info ConfigMapMissing", "info NamespacesWaiting"}
	if got, status := reasons(); status != 0 || !cmp.Equal(want, got) {
		t.Errorf("beside another injector it exited with %d and found %q, want 0 and %q", status, got, want)
	}

	if _, status := reasons("--kubeconfig=" + accountKubeconfig(t, namespace, "nobody")); status != 2 {
		t.Errorf("without rights to look it exited with %d, want 2", status)
	}
}

// TestCheckWaits begins to wait before there is an installation, and ends when it works.
func TestCheckWaits(t *testing.T) {
	runPods(t)
	newNamespace(t, "waits", map[string]string{"istio-injection": "enabled"})
	if text, status := outrigger(t, "check", "--wait=2s"); status != 1 || !strings.Contains(text, "NoInstallation") {
		t.Errorf("without an installation it exited with %d, want 1 and NoInstallation:\n%s", status, text)
	}
	type outcome struct {
		text   string
		status int
	}
	waited := make(chan outcome, 1)
	go func() {
		text, status := outrigger(t, "check", "--wait=3m")
		waited <- outcome{text, status}
	}()
	installWithHelm(4, "6")(t)
	if got := <-waited; got.status != 0 || !strings.Contains(got.text, "EndpointsReady") {
		t.Errorf("it exited with %d, want 0 and EndpointsReady:\n%s", got.status, got.text)
	}
}
