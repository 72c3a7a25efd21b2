package e2e

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/cert"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestCertificatesOfOthers has pods injected with the certificates that something
// else keeps. There is no cert-manager here: the test writes the Secret that the
// Certificate names, and the CA bundle where cainjector would.
func TestCertificatesOfOthers(t *testing.T) {
	defineKinds(t)
	tests := []struct {
		mode, secret string
		flags        func(authority string) []string
		bundle       bool // to be written by another, not by the release
	}{
		{"files", "served", func(authority string) []string {
			return []string{"--set=certFiles.secretName=served", "--set-file=certFiles.caBundle=" + authority}
		}, false},
		{"cert-manager", "outrigger-tls", func(string) []string { return nil }, true},
	}
	for _, tt := range tests {
		t.Run(tt.mode, func(t *testing.T) {
			runPods(t)
			ensureNamespace(t, installation.Namespace)
			certificate, key, err := cert.GenerateSelfSignedCertKey("outrigger."+installation.Namespace+".svc", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			secrets := shared.Client.CoreV1().Secrets(installation.Namespace)
			_, err = secrets.Create(t.Context(), &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: tt.secret},
				Data:       map[string][]byte{"tls.crt": certificate, "tls.key": key, "ca.crt": certificate},
			}, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := secrets.Delete(context.Background(), tt.secret, metav1.DeleteOptions{}); err != nil {
					t.Error(err)
				}
			})
			authority := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(authority, certificate, 0o644); err != nil {
				t.Fatal(err)
			}
			newRelease(t, 4, "outrigger", append(tt.flags(authority), "--set=shutdownDelaySeconds=1,replicas=1,certMode="+tt.mode)...)
			if tt.bundle {
				injectBundle(t, certificate)
			}
			namespace := newNamespace(t, "certificates-of-"+tt.mode, map[string]string{"istio-injection": "enabled"})
			eventually(t, "pods are injected", func(context.Context) (bool, error) {
				pod, err := tryAdmission(t, namespace, appPod())
				return err == nil && isInjected(pod), nil
			})
		})
	}
}

// injectBundle does what cert-manager's cainjector does for a webhook configuration
// that asks for it.
func injectBundle(t *testing.T, bundle []byte) {
	t.Helper()
	configurations := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	configuration, err := configurations.Get(t.Context(), "outrigger", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := configuration.Annotations["cert-manager.io/inject-ca-from"], installation.Namespace+"/outrigger"; got != want {
		t.Errorf("the CA bundle is wanted from %q, want %q", got, want)
	}
	var patch strings.Builder
	for n := range configuration.Webhooks {
		fmt.Fprintf(&patch, `,{"op": "add", "path": "/webhooks/%d/clientConfig/caBundle", "value": %q}`, n, base64.StdEncoding.EncodeToString(bundle))
	}
	_, err = configurations.Patch(t.Context(), "outrigger", types.JSONPatchType, []byte("["+patch.String()[1:]+"]"), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}
