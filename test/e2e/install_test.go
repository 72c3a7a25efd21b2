package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestInstall takes each way to install from nothing to the walkthrough, through an
// upgrade that replaces every replica, and back to nothing, with pods created all
// the while in a namespace that was labelled before: none is refused, and from when it
// is installed on none comes without its sidecar.
func TestInstall(t *testing.T) {
	// Less than the chart's: an API server goes on with connections that it has until it is
	// told on each that it should not, and has the time for that.
	const shutdownDelay = "6"
	for _, tt := range []struct {
		name string
		// install leaves Outrigger ready and returns how to go on.
		install func(t *testing.T) (upgrade, uninstall func())
		// keeps is whether the namespace, and with it the authority, stays.
		keeps bool
	}{
		{"Helm 3", installWithHelm(3, shutdownDelay), true},
		{"Helm 4", installWithHelm(4, shutdownDelay), true},
		{"kubectl", installPlain(shutdownDelay), false},
		{"Argo CD", installAsArgoCD(shutdownDelay), true},
		{"Helm 3, host network", installWithHelm(3, shutdownDelay, "--set=hostNetwork=true,ports.webhook=25017,ports.metrics=25014"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runPods(t)
			by := strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(tt.name))
			namespace := newNamespace(t, "installed-by-"+by, map[string]string{"istio-injection": "enabled"})
			unlabelled := newNamespace(t, "unlabelled-by-"+by, nil)
			s := newTrialStream(t, namespace, 20*time.Millisecond)
			s.awaitCreated(t, 20)

			upgrade, uninstall := tt.install(t)
			applyBookinfo(t, namespace)
			everyPodIs(t, namespace, "2/2 Running", 6)
			applyBookinfo(t, unlabelled)
			everyPodIs(t, unlabelled, "1/1 Running", 6)
			installed := s.sofar()
			if installed.Refused > 0 {
				t.Errorf("until it was installed, of %d pods %d were refused (%v)",
					installed.Created+installed.Refused, installed.Refused, installed.LastRefusal)
			}

			before, replicas := authorityOf(t), podsOfOutrigger(t)
			upgrade()
			awaitNewReplicas(t, replicas)
			s.awaitCreated(t, 20)
			if diff := cmp.Diff(before, authorityOf(t)); diff != "" {
				t.Errorf("the authority changed in an upgrade (-before +after):\n%s", diff)
			}
			s.isUnbroken(t, "through the upgrade", installed)
			upgraded := s.sofar()

			uninstall()
			awaitNoPods(t, ofOutrigger)
			s.awaitCreated(t, 20)
			counts := s.stop()
			if counts.Refused > 0 {
				t.Errorf("of %d pods %d were refused, the last one so: %v", counts.Created+counts.Refused, counts.Refused, counts.LastRefusal)
			}
			t.Logf("pods created: %d until it was installed, %d through the upgrade, %d to the end; %d refused",
				installed.Created, upgraded.Created-installed.Created, counts.Created-upgraded.Created, counts.Refused)
			if left := webhookConfigurations(t); left != nil {
				t.Errorf("the webhook configurations %q were left", left)
			}
			_, err := shared.Client.CoreV1().Secrets(installation.Namespace).Get(t.Context(), authoritySecret, metav1.GetOptions{})
			if kept := err == nil; kept != tt.keeps {
				t.Errorf("the Secret %s is there: %t, want %t", authoritySecret, kept, tt.keeps)
			}
		})
	}
}

// chartWithAHook is the chart of before it put what serves into one List: its webhook
// configuration has rules from the start.
const chartWithAHook = "testdata/chart-with-a-hook.tgz"

// TestUpgradeFromTheChartWithAHook upgrades an installation of before and uninstalls it,
// with pods created all the while: none is refused, and none comes without its sidecar.
func TestUpgradeFromTheChartWithAHook(t *testing.T) {
	const delay = "--set=shutdownDelaySeconds=6"
	for _, tt := range []struct {
		name    string
		install func(t *testing.T) (upgrade, uninstall func())
	}{
		{"Helm 3", upgradeWithHelm(3, delay)},
		{"Helm 4", upgradeWithHelm(4, delay)},
		{"kubectl", func(t *testing.T) (upgrade, uninstall func()) {
			ensureNamespace(t, installation.Namespace)
			old := filepath.Join(t.TempDir(), "old.yaml")
			manifests := helm(t, 4, "template", "outrigger", chartWithAHook, "--namespace="+installation.Namespace, "--kube-version=1.37", delay)
			if err := os.WriteFile(old, []byte(manifests), 0o600); err != nil {
				t.Fatal(err)
			}
			kubectl(t, installation.Namespace, "apply", "--filename="+old)
			kubectl(t, installation.Namespace, "rollout", "status", patience, "deployment/outrigger")
			return func() {
				kubectl(t, "", "annotate", "mutatingwebhookconfiguration", "outrigger", "kubectl.kubernetes.io/last-applied-configuration-")
				_, uninstall = installPlain("6")(t)
			}, func() { uninstall() }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runPods(t)
			by := strings.ReplaceAll(strings.ToLower(tt.name), " ", "-")
			namespace := newNamespace(t, "upgraded-by-"+by, map[string]string{"istio-injection": "enabled"})
			upgrade, uninstall := tt.install(t)
			applyBookinfo(t, namespace)
			everyPodIs(t, namespace, "2/2 Running", 6)

			s := newTrialStream(t, namespace, 20*time.Millisecond)
			s.awaitCreated(t, 20)
			old := podsOfOutrigger(t)
			upgrade()
			awaitNewReplicas(t, old)
			s.awaitCreated(t, 20)
			s.isUnbroken(t, "through the upgrade", streamCounts{})
			uninstall()
			awaitNoPods(t, ofOutrigger)
			s.awaitCreated(t, 20)
			if counts := s.stop(); counts.Refused > 0 {
				t.Errorf("of %d pods %d were refused, the last one so: %v", counts.Created+counts.Refused, counts.Refused, counts.LastRefusal)
			}
		})
	}
}

func upgradeWithHelm(version int, flags ...string) func(*testing.T) (upgrade, uninstall func()) {
	return func(t *testing.T) (upgrade, uninstall func()) {
		r := newReleaseOf(t, chartWithAHook, version, "outrigger", flags...)
		return func() { r.upgrade(flags...) }, r.uninstall
	}
}

// TestRollback goes back to the first revision of a release, whose manifest has no more
// rules than the others: no pod comes without its sidecar.
func TestRollback(t *testing.T) {
	runPods(t)
	r := newRelease(t, 3, "outrigger", "--set=shutdownDelaySeconds=1")
	namespace := newNamespace(t, "rolled-back", map[string]string{"istio-injection": "enabled"})
	applyBookinfo(t, namespace)
	everyPodIs(t, namespace, "2/2 Running", 6)
	s := newTrialStream(t, namespace, 20*time.Millisecond)
	s.awaitCreated(t, 20)
	old := podsOfOutrigger(t)
	r.upgrade("--set=shutdownDelaySeconds=1,logLevel=debug,webhook.timeoutSeconds=7")
	awaitNewReplicas(t, old)
	old = podsOfOutrigger(t)
	r.run("rollback", "1", "--wait", "--timeout=2m")
	awaitNewReplicas(t, old)
	s.awaitCreated(t, 20)
	s.isUnbroken(t, "through upgrade and rollback", streamCounts{})
}

// awaitNewReplicas waits until none of the replicas of before is there.
func awaitNewReplicas(t *testing.T, before map[string]bool) {
	t.Helper()
	eventually(t, "every replica is a new one", func(context.Context) (bool, error) {
		for name := range podsOfOutrigger(t) {
			if before[name] {
				return false, nil
			}
		}
		return true, nil
	})
}

func installWithHelm(version int, shutdownDelay string, flags ...string) func(*testing.T) (upgrade, uninstall func()) {
	return func(t *testing.T) (upgrade, uninstall func()) {
		flags := append(flags, "--set=shutdownDelaySeconds="+shutdownDelay)
		r := newRelease(t, version, "outrigger", flags...)
		return func() { r.upgrade(append(flags, "--set=logLevel=debug,webhook.timeoutSeconds=7")...) }, r.uninstall
	}
}

// installPlain installs the plain manifests as docs/install.md does.
func installPlain(shutdownDelay string) func(*testing.T) (upgrade, uninstall func()) {
	return func(t *testing.T) (upgrade, uninstall func()) {
		text, err := os.ReadFile(thePlain)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "outrigger.yaml")
		apply := func(changes ...string) {
			t.Helper()
			changed := strings.NewReplacer(changes...).Replace(string(text))
			if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
				t.Fatal(err)
			}
			kubectl(t, installation.Namespace, "apply", "--validate=strict", "--filename="+file)
			kubectl(t, installation.Namespace, "rollout", "status", patience, "deployment/outrigger")
		}
		delay := []string{"--shutdown-delay=10s", "--shutdown-delay=" + shutdownDelay + "s"}
		uninstall = func() {
			t.Helper()
			kubectl(t, installation.Namespace, "delete", "--filename="+file)
		}
		t.Cleanup(func() {
			if _, err := shared.Kubectl(context.Background(), "delete", "--ignore-not-found", "--filename="+file); err != nil {
				t.Error(err)
			}
		})
		apply(delay...)
		return func() {
			apply(append(delay, "timeoutSeconds: 5", "timeoutSeconds: 7", "--log-level=info", "--log-level=debug")...)
		}, uninstall
	}
}

// trust is what API servers check calls of the default revision with, and the
// Secret behind it.
type trust struct {
	Bundles map[string]string // by webhook
	Secret  map[string][]byte
	UID     string
}

func authorityOf(t *testing.T) trust {
	t.Helper()
	configuration, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), "outrigger", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := shared.Client.CoreV1().Secrets(installation.Namespace).Get(t.Context(), authoritySecret, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	has := trust{Bundles: map[string]string{}, Secret: secret.Data, UID: string(secret.UID)}
	for _, hook := range configuration.Webhooks {
		has.Bundles[hook.Name] = string(hook.ClientConfig.CABundle)
		if len(hook.ClientConfig.CABundle) == 0 {
			t.Errorf("webhook %s has no CA bundle", hook.Name)
		}
	}
	return has
}

func podsOfOutrigger(t *testing.T) map[string]bool {
	t.Helper()
	pods, err := shared.Client.CoreV1().Pods(installation.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: ofOutrigger})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, pod := range pods.Items {
		names[pod.Name] = true
	}
	return names
}
