package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// finding is what `outrigger check -o json` prints of one.
type finding struct{ Severity, Reason, Subject, What, Next string }

// TestCheck breaks an installation in one way after the other, and has
// `outrigger check` find each.
func TestCheck(t *testing.T) {
	webhooks := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	// change changes the webhook configuration of an installation.
	change := func(t *testing.T, o *installation.Installation, edit func(*admissionregistrationv1.MutatingWebhookConfiguration)) {
		t.Helper()
		config, err := webhooks.Get(t.Context(), o.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		edit(config)
		if _, err := webhooks.Update(t.Context(), config, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	// service puts another kind of Service in place of the one that leads here.
	service := func(t *testing.T, o *installation.Installation, port int32) {
		t.Helper()
		services := shared.Client.CoreV1().Services(installation.Namespace)
		if err := services.Delete(t.Context(), o.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := services.Create(t.Context(), &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: o.Name},
			Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "nobody"}, Ports: []corev1.ServicePort{{Port: port}}},
		}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		// down kills the replica first, which would mend what is broken.
		down  bool
		fault func(t *testing.T, o *installation.Installation)
		want  []string // of what is an error or a warning
		says  string
	}{
		{"nothing", false, func(*testing.T, *installation.Installation) {}, nil, "every webhook accepts its certificate"},
		{"the webhook configuration deleted", false, func(t *testing.T, o *installation.Installation) {
			kubectl(t, "default", "delete", "mutatingwebhookconfiguration", o.Name)
		}, []string{"error WebhookMissing"}, "no pod is sent"},
		{"its entries deleted", false, func(t *testing.T, o *installation.Installation) {
			change(t, o, func(c *admissionregistrationv1.MutatingWebhookConfiguration) { c.Webhooks = nil })
		}, []string{"error WebhookEmpty"}, "no entries"},
		{"failurePolicy Ignore", false, func(t *testing.T, o *installation.Installation) {
			change(t, o, func(c *admissionregistrationv1.MutatingWebhookConfiguration) {
				for n := range c.Webhooks {
					c.Webhooks[n].FailurePolicy = new(admissionregistrationv1.Ignore)
				}
			})
		}, []string{"warning FailurePolicyIgnore"}, "every entry"},
		{"the CA bundle emptied", true, func(t *testing.T, o *installation.Installation) {
			change(t, o, func(c *admissionregistrationv1.MutatingWebhookConfiguration) {
				for n := range c.Webhooks {
					c.Webhooks[n].ClientConfig.CABundle = nil
				}
			})
		}, []string{"error BundleEmpty"}, "every entry: the caBundle contains no certificate"},
		{"a stranger's CA bundle", true, func(t *testing.T, o *installation.Installation) {
			_, authority := serveWebhook(t, "stranger.svc", label)
			change(t, o, func(c *admissionregistrationv1.MutatingWebhookConfiguration) {
				c.Webhooks[0].ClientConfig.CABundle = authority
			})
		}, []string{"error BundleDistrusts"}, "which signs what is served"},
		{"a name that the certificate is not for", false, func(t *testing.T, o *installation.Installation) {
			change(t, o, func(c *admissionregistrationv1.MutatingWebhookConfiguration) {
				for n := range c.Webhooks {
					client := &c.Webhooks[n].ClientConfig
					client.URL, client.Service = new("https://"+o.Replicas[0].Address+"/inject"), nil
				}
			})
		}, []string{"error CertificateName", "warning BundleUnkept"}, "127.0.0.1 is called"},
		{"a stranger's authority in the Secret", true, func(t *testing.T, _ *installation.Installation) {
			kubectl(t, installation.Namespace, "patch", "secret", "outrigger-ca", "--type=merge", `--patch={"data":{"current.crt":"c3RyYW5nZXI="}}`)
		}, []string{"warning AuthorityUnsound"}, "cannot be used"},
		{"the Secret deleted", true, func(t *testing.T, _ *installation.Installation) {
			kubectl(t, installation.Namespace, "delete", "secret", "outrigger-ca")
		}, []string{"warning AuthorityUnsound"}, "there is no Secret"},
		{"the Service deleted", false, func(t *testing.T, o *installation.Installation) {
			kubectl(t, installation.Namespace, "delete", "service", o.Name)
		}, []string{"error ServiceMissing"}, "it does not exist"},
		{"the Service at another port", false, func(t *testing.T, o *installation.Installation) {
			service(t, o, 1)
		}, []string{"error ServicePort"}, "it has no port"},
		{"the Service selects nobody", false, func(t *testing.T, o *installation.Installation) {
			config, err := webhooks.Get(t.Context(), o.Name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			service(t, o, *config.Webhooks[0].ClientConfig.Service.Port)
			eventually(t, "the Service has its EndpointSlice", func(ctx context.Context) (bool, error) {
				list, err := shared.Client.DiscoveryV1().EndpointSlices(installation.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + o.Name})
				return err == nil && len(list.Items) > 0, err
			})
		}, []string{"error NoEndpoints"}, "it selects app=nobody, and no pod has these labels"},
		{"a ConfigMap deleted", false, func(t *testing.T, o *installation.Installation) {
			kubectl(t, installation.Namespace, "delete", "configmap", o.MeshConfigMap())
		}, []string{"error ConfigMapMissing"}, "ConfigMap outrigger-system/istio: it does not exist"},
		{"a ConfigMap that does not compile", false, func(t *testing.T, o *installation.Installation) {
			kubectl(t, installation.Namespace, "patch", "configmap", o.InjectorConfigMap(), "--type=merge", `--patch={"data":{"config":"templates: {sidecar: '{{ if }}'}"}}`)
		}, []string{"error ConfigurationInvalid"}, "it does not compile"},
		{"a misspelt policy", false, func(t *testing.T, o *installation.Installation) {
			kubectl(t, installation.Namespace, "patch", "configmap", o.InjectorConfigMap(), "--type=merge", `--patch={"data":{"config":"{policy: enabld, templates: {sidecar: ''}}"}}`)
		}, []string{"error ConfigurationSkips"}, "neither enabled nor disabled"},
		{"a namespace's label misspelt", false, func(t *testing.T, _ *installation.Installation) {
			newNamespace(t, "misspelt", map[string]string{"istio-injection": "true"})
		}, []string{"error NamespaceLabelUnknown"}, "istio-injection=true is not a valid value"},
		{"a namespace of an unknown revision", false, func(t *testing.T, _ *installation.Installation) {
			newNamespace(t, "unserved", map[string]string{"istio.io/rev": "unheard-of"})
		}, []string{"error NamespaceUnserved"}, "istio.io/rev=unheard-of"},
		{"a namespace with two labels", false, func(t *testing.T, _ *installation.Installation) {
			newNamespace(t, "ambiguous", map[string]string{"istio-injection": "enabled", "istio.io/rev": "canary"})
		}, []string{"warning NamespaceAmbiguous"}, "istio.io/rev=canary is ignored"},
		{"a second injector", false, func(t *testing.T, _ *installation.Installation) {
			newNamespace(t, "twice", map[string]string{"istio-injection": "enabled"})
			meshInjector(t)
		}, []string{"warning DoubleInjection"}, "istio-sidecar-injector, outrigger: each of them injects the pods of namespace twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newInstallation(t, installation.Options{})
			if tt.down {
				if err := o.Replicas[0].Kill(); err != nil {
					t.Fatal(err)
				}
			}
			tt.fault(t, o)
			args := []string{"check"}
			if !tt.down {
				args = append(args, "--address="+o.Replicas[0].Address)
			}
			stdout, status := outrigger(t, append(args, "--output=json")...)
			var printed struct{ Findings []finding }
			if err := json.Unmarshal([]byte(stdout), &printed); err != nil {
				t.Fatalf("%v in %s", err, stdout)
			}
			var wrong []string
			wantStatus := 0
			for _, f := range printed.Findings {
				if f.Severity == "error" || f.Severity == "warning" {
					wrong = append(wrong, f.Severity+" "+f.Reason)
				}
				if f.Severity == "error" {
					wantStatus = 1
				}
			}
			slices.Sort(wrong)
			if diff := cmp.Diff(tt.want, wrong); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, stdout)
			}
			if status != wantStatus {
				t.Errorf("it exited with %d, want %d", status, wantStatus)
			}
			if text, _ := outrigger(t, args...); !strings.Contains(text, tt.says) {
				t.Errorf("it does not say %q:\n%s", tt.says, text)
			}
		})
	}
}

// outrigger runs the command as an operator does, and returns what it printed and
// its exit status.
func outrigger(t *testing.T, args ...string) (stdout string, status int) {
	t.Helper()
	return outriggerWith(t, "", args...)
}

// outriggerWith does the same with something on its standard input.
func outriggerWith(t *testing.T, input string, args ...string) (stdout string, status int) {
	t.Helper()
	binary, err := cluster.Outrigger()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	command.Stdin = strings.NewReader(input)
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Logf("%v: %s", args, exit.Stderr)
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// meshInjector makes a webhook configuration as a mesh's control plane has one.
// It lets pods through, for nobody answers.
func meshInjector(t *testing.T) {
	t.Helper()
	client := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	config := &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "istio-sidecar-injector"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name:              "namespace.sidecar-injector.istio.io",
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"istio-injection": "enabled"}},
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: new("https://127.0.0.1:1/inject")},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			FailurePolicy:           new(admissionregistrationv1.Ignore),
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"},
		}},
	}
	if _, err := client.Create(t.Context(), config, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.Background(), config.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}
