package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestMigration follows docs/migrating.md, command by command, in a cluster with an
// injector of the reference's naming, while pods are created without pause: each
// has one proxy, and none is refused.
func TestMigration(t *testing.T) {
	tests := []struct {
		from    string
		helm    int
		profile string
		old     *admissionregistrationv1.MutatingWebhookConfiguration
		remove  string // the heading below which the old injector is deleted
	}{
		{"istiod", 4, "istio", istiodWebhooks(), "### Delete the old one"},
		{"the 1.0 injector", 3, "istio-1.0", oldWebhooks(), "### Delete the 1.0 injector"},
	}
	for _, tt := range tests {
		t.Run(tt.from, func(t *testing.T) {
			runPods(t)
			runReference(t, tt.profile, tt.old)
			const namespace = "bookinfo" // as in the document
			ensureNamespace(t, namespace)
			kubectl(t, "", "label", "namespace", namespace, "istio-injection=enabled")
			others := newNamespace(t, "beside-"+strings.ReplaceAll(tt.profile, ".", "-"), map[string]string{"istio-injection": "enabled"})
			restarted := func() {
				t.Helper()
				awaitRollouts(t, namespace)
				time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // kubectl restarts once a second
			}
			applyBookinfo(t, namespace)
			everyPodIs(t, namespace, "2/2 Running", 6)

			d := openDocument(t, "migrating.md", tt.helm)
			cleanUpReleases(t, tt.helm, "outrigger", "outrigger-trial")
			s := newTrialStream(t, others, 25*time.Millisecond)
			s.awaitCreated(t, 10)
			if printed := d.follow(t, "### Look at what there is"); !strings.Contains(printed, tt.old.Name) {
				t.Errorf("the old injector is not in\n%s", printed)
			}
			d.follow(t, "### Install beside it")
			d.follow(t, "### Try one namespace")
			restarted()
			if tt.profile == profiles.Default { // 1.0 notes no revision
				eachPod(t, namespace, func(pod *corev1.Pod) {
					if got := statusOf(t, pod).Revision; got != "trial" {
						t.Errorf("%s was injected by the revision %q, want trial", pod.Name, got)
					}
				})
			}
			d.follow(t, "### End the trial")
			restarted()
			d.follow(t, "### Switch")
			d.follow(t, tt.remove)
			s.awaitCreated(t, 20)
			printed := d.follow(t, "### Check")
			if strings.Contains(printed, tt.old.Name) || !strings.Contains(printed, "outrigger") {
				t.Errorf("the old injector is there, or Outrigger is not:\n%s", printed)
			}
			restarted()
			if bare, all := barePods(t, namespace); len(bare) > 0 || all < 6 {
				t.Errorf("of %d pods %q lack a proxy", all, bare)
			}
			d.follow(t, "### Go back")
			restarted()
			s.awaitCreated(t, 20)
			counts := s.stop()
			t.Logf("%d pods created, %d refused", counts.Created, counts.Refused)
			if counts.Refused > 0 || counts.Bare > 0 {
				t.Errorf("of %d pods %d were refused (%v) and %d came without exactly one proxy, want none",
					counts.Created+counts.Refused, counts.Refused, counts.LastRefusal, counts.Bare)
			}
			if left := webhookConfigurations(t); left != nil {
				t.Errorf("going back left the webhook configurations %q", left)
			}
		})
	}
}

// runReference runs an injector in the place of the reference's own: its webhook
// configuration and ConfigMaps, and what else the documents name. What answers is
// Outrigger itself, with the reference's templates.
func runReference(t *testing.T, profile string, webhooks *admissionregistrationv1.MutatingWebhookConfiguration) {
	t.Helper()
	const mesh = profiles.Namespace
	ensureNamespace(t, mesh)
	maps, err := profiles.Manifest(profile, mesh, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := shared.Apply(t.Context(), string(maps), "--server-side"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := shared.Kubectl(context.Background(), "--namespace="+mesh, "delete", "--ignore-not-found",
			"configmap/istio", "configmap/"+webhooks.Name, "deployment/"+webhooks.Name, "service/"+webhooks.Name, "serviceaccount/"+webhooks.Name)
		if err != nil {
			t.Error(err)
		}
	})
	kubectl(t, mesh, "create", "serviceaccount", webhooks.Name)
	kubectl(t, mesh, "create", "deployment", webhooks.Name, "--image=example.com/injector:1")
	kubectl(t, mesh, "expose", "deployment", webhooks.Name, "--port=443")

	binary, err := cluster.Outrigger()
	if err != nil {
		t.Fatal(err)
	}
	address, err := cluster.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	process, err := shared.Run(t.Context(), cluster.Program{
		Name:  "reference-" + profile,
		Path:  binary,
		Args:  []string{"serve", "--standalone", "--profile=" + profile, "--bind-address=" + address, "--metrics-bind-address=", "--ca-out=" + authority},
		Ready: cluster.Answers("https://"+address+"/readyz", authority),
	})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	for i := range webhooks.Webhooks {
		webhooks.Webhooks[i].ClientConfig = admissionregistrationv1.WebhookClientConfig{URL: new("https://" + address + "/inject"), CABundle: pem}
	}
	configurations := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	if _, err := configurations.Create(t.Context(), webhooks, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := configurations.Delete(context.Background(), webhooks.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
		if err := process.Stop(); err != nil {
			t.Error(err)
		}
	})
	namespace := newNamespace(t, "reference-"+strings.ReplaceAll(profile, ".", "-"), map[string]string{"istio-injection": "enabled"})
	eventually(t, "the reference's injector answers", func(context.Context) (bool, error) {
		return isInjected(admitted(t, namespace, appPod())), nil
	})
}

// cleanUpReleases ends releases that the document's commands made, whatever of
// them there still is.
func cleanUpReleases(t *testing.T, helm int, names ...string) {
	t.Helper()
	t.Cleanup(func() {
		for _, name := range names {
			_, err := tryHelm(context.Background(), helm, "uninstall", name, "--namespace="+installation.Namespace, "--ignore-not-found")
			if err != nil {
				t.Error(err)
			}
			awaitNoPods(t, "app.kubernetes.io/instance="+name)
			forgetAuthority(t, strings.TrimPrefix(name, "outrigger"))
		}
	})
}

// istiodWebhooks are those of today's istiod for the default revision.
func istiodWebhooks() *admissionregistrationv1.MutatingWebhookConfiguration {
	const injection, inject, revision = "istio-injection", "sidecar.istio.io/inject", "istio.io/rev"
	in := func(key string, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: values}
	}
	notIn := func(key string, values ...string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: values}
	}
	absent := func(key string) metav1.LabelSelectorRequirement {
		return metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist}
	}
	type requirements = []metav1.LabelSelectorRequirement
	return referenceWebhooks(
		referenceWebhook("rev.namespace.sidecar-injector.istio.io",
			requirements{in(revision, "default"), absent(injection)}, requirements{notIn(inject, "false")}),
		referenceWebhook("rev.object.sidecar-injector.istio.io",
			requirements{absent(revision), absent(injection)}, requirements{notIn(inject, "false"), in(revision, "default")}),
		referenceWebhook("namespace.sidecar-injector.istio.io",
			requirements{in(injection, "enabled")}, requirements{notIn(inject, "false")}),
		referenceWebhook("object.sidecar-injector.istio.io",
			requirements{absent(injection), absent(revision)}, requirements{in(inject, "true"), absent(revision)}),
	)
}

// oldWebhooks is that of the 1.0 injector.
func oldWebhooks() *admissionregistrationv1.MutatingWebhookConfiguration {
	enabled := metav1.LabelSelectorRequirement{Key: "istio-injection", Operator: metav1.LabelSelectorOpIn, Values: []string{"enabled"}}
	return referenceWebhooks(referenceWebhook("sidecar-injector.istio.io", []metav1.LabelSelectorRequirement{enabled}, nil))
}

func referenceWebhooks(webhooks ...admissionregistrationv1.MutatingWebhook) *admissionregistrationv1.MutatingWebhookConfiguration {
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "istio-sidecar-injector", Labels: map[string]string{"app": "sidecar-injector"}},
		Webhooks:   webhooks,
	}
}

func referenceWebhook(name string, namespaces, pods []metav1.LabelSelectorRequirement) admissionregistrationv1.MutatingWebhook {
	return admissionregistrationv1.MutatingWebhook{
		Name:                    name,
		NamespaceSelector:       &metav1.LabelSelector{MatchExpressions: namespaces},
		ObjectSelector:          &metav1.LabelSelector{MatchExpressions: pods},
		FailurePolicy:           new(admissionregistrationv1.Fail),
		ReinvocationPolicy:      new(admissionregistrationv1.NeverReinvocationPolicy),
		SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
		AdmissionReviewVersions: []string{"v1"},
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
		}},
	}
}
