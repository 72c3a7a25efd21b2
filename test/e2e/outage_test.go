package e2e

import (
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestNoPodSlipsByAnOutage shows that while no replica serves pods wait, and that
// none comes without its proxy, neither before nor after.
func TestNoPodSlipsByAnOutage(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	replica := o.Replicas[0]
	namespace := newNamespace(t, "outage", map[string]string{"istio-injection": "enabled"})
	kubectl(t, namespace, "create", "deployment", "web", "--image=example.com/web:1", "--replicas=3")
	kubectl(t, namespace, "rollout", "status", patience, "deployment/web")
	s := newStream(t, namespace, 50*time.Millisecond)
	s.awaitCreated(t, 20)

	if err := replica.Kill(); err != nil {
		t.Fatal(err)
	}
	kubectl(t, namespace, "scale", "deployment/web", "--replicas=20")
	s.awaitRefused(t, 20)
	if err := replica.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.awaitCreated(t, 20)
	kubectl(t, namespace, "rollout", "status", patience, "deployment/web")

	counts := s.stop()
	bare, all := barePods(t, namespace)
	if len(bare) > 0 || counts.Bare > 0 {
		t.Errorf("%d pods were created without a proxy, such as %q", max(len(bare), counts.Bare), bare)
	}
	if want := counts.Created + 20; all != want {
		t.Errorf("there are %d pods, want the %d that were created and the 20 of the Deployment", all, counts.Created)
	}
	t.Logf("%d pods created, %d refused during the outage, the last one so: %v", counts.Created, counts.Refused, counts.LastRefusal)
}

// TestOneReplicaOfTwoIsReplaced shows that replicas can be stopped one after the
// other, as in a rollout, without one refusal.
func TestOneReplicaOfTwoIsReplaced(t *testing.T) {
	o := newInstallation(t, installation.Options{Replicas: 2, Flags: []string{"--shutdown-delay=2s"}})
	namespace := newNamespace(t, "rollout", map[string]string{"istio-injection": "enabled"})
	s := newStream(t, namespace, 50*time.Millisecond)
	s.awaitCreated(t, 20)
	for _, replica := range o.Replicas {
		if err := replica.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.awaitCreated(t, 20)
	}
	if counts := s.stop(); counts.Refused > 0 || counts.Bare > 0 {
		t.Errorf("of %d pods %d were refused (%v) and %d came without a proxy, want none",
			counts.Created+counts.Refused, counts.Refused, counts.LastRefusal, counts.Bare)
	}
}

// TestHostNetworkNeedsNoServer shows that pods which are never injected do not
// depend on Outrigger.
func TestHostNetworkNeedsNoServer(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "host-network", map[string]string{"istio-injection": "enabled"})
	onHost := appPod()
	onHost.Spec.HostNetwork = true

	before := metricOf(t, o, "sidecar_injection_requests_total", nil)
	if isInjected(admitted(t, namespace, onHost)) {
		t.Error("a pod on its node's network has a proxy")
	}
	if got := metricOf(t, o, "sidecar_injection_requests_total", nil) - before; got != 0 {
		t.Errorf("Outrigger was called %.0f times for a pod on its node's network, want never", got)
	}

	if err := o.Replicas[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := tryAdmission(t, namespace, appPod()); err == nil {
		t.Error("an ordinary pod was admitted while Outrigger is down")
	}
	if _, err := tryAdmission(t, namespace, onHost); err != nil {
		t.Errorf("a pod on its node's network was refused while Outrigger is down: %v", err)
	}
}
