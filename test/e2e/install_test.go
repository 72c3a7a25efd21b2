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
// the while: none is refused.
func TestInstall(t *testing.T) {
	const shutdownDelay = "3"
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
	} {
		t.Run(tt.name, func(t *testing.T) {
			runPods(t)
			upgrade, uninstall := tt.install(t)
			by := strings.ReplaceAll(strings.ToLower(tt.name), " ", "-")
			namespace := newNamespace(t, "installed-by-"+by, map[string]string{"istio-injection": "enabled"})
			unlabelled := newNamespace(t, "unlabelled-by-"+by, nil)
			applyBookinfo(t, namespace)
			everyPodIs(t, namespace, "2/2 Running", 6)
			applyBookinfo(t, unlabelled)
			everyPodIs(t, unlabelled, "1/1 Running", 6)

			s := newTrialStream(t, namespace, 50*time.Millisecond)
			s.awaitCreated(t, 20)
			before, replicas := authorityOf(t), podsOfOutrigger(t)
			upgrade()
			eventually(t, "every replica is a new one", func(context.Context) (bool, error) {
				for name := range podsOfOutrigger(t) {
					if replicas[name] {
						return false, nil
					}
				}
				return true, nil
			})
			s.awaitCreated(t, 20)
			if diff := cmp.Diff(before, authorityOf(t)); diff != "" {
				t.Errorf("the authority changed in an upgrade (-before +after):\n%s", diff)
			}
			if counts := s.sofar(); counts.Refused > 0 || counts.Bare > 0 {
				t.Errorf("through the upgrade, of %d pods %d were refused (%v) and %d came without a proxy, want none",
					counts.Created+counts.Refused, counts.Refused, counts.LastRefusal, counts.Bare)
			}

			uninstall()
			awaitNoPods(t, ofOutrigger)
			s.awaitCreated(t, 20)
			counts := s.stop()
			if counts.Refused > 0 {
				t.Errorf("of %d pods %d were refused, the last one so: %v", counts.Created+counts.Refused, counts.Refused, counts.LastRefusal)
			}
			t.Logf("%d pods created, %d of them without a proxy, %d refused", counts.Created, counts.Bare, counts.Refused)
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

func installWithHelm(version int, shutdownDelay string) func(*testing.T) (upgrade, uninstall func()) {
	return func(t *testing.T) (upgrade, uninstall func()) {
		delay := "--set=shutdownDelaySeconds=" + shutdownDelay
		r := newRelease(t, version, "outrigger", delay)
		return func() { r.upgrade(delay, "--set=logLevel=debug,webhook.timeoutSeconds=7") }, r.uninstall
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
