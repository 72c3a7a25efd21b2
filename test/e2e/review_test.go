package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestReviewsOfBothVersions calls a replica as API servers do, by the name of its
// Service and with the CA bundle of the webhook configuration. The one here only
// ever sends v1.
func TestReviewsOfBothVersions(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	configuration, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), o.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(configuration.Webhooks[0].ClientConfig.CABundle) {
		t.Fatal("the CA bundle of the webhook configuration holds no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, ServerName: o.Name + "." + installation.Namespace + ".svc",
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}

	for _, version := range []string{"admission.k8s.io/v1", "admission.k8s.io/v1beta1"} {
		t.Run(version, func(t *testing.T) {
			pod, err := json.Marshal(appPod())
			if err != nil {
				t.Fatal(err)
			}
			// Both versions have the same fields.
			review, err := json.Marshal(admissionv1.AdmissionReview{
				TypeMeta: metav1.TypeMeta{APIVersion: version, Kind: "AdmissionReview"},
				Request: &admissionv1.AdmissionRequest{
					UID:       "6f1b2c3d",
					Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
					Resource:  metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
					Namespace: "shop",
					Operation: admissionv1.Create,
					Object:    runtime.RawExtension{Raw: pod},
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Post("https://"+o.Replicas[0].Address+"/inject", "application/json", bytes.NewReader(review))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var answer admissionv1.AdmissionReview
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			want := metav1.TypeMeta{APIVersion: version, Kind: "AdmissionReview"}
			if diff := cmp.Diff(want, answer.TypeMeta); diff != "" {
				t.Errorf("the answer's type (-want +got):\n%s", diff)
			}
			if answer.Response == nil || answer.Response.UID != "6f1b2c3d" || !answer.Response.Allowed {
				t.Fatalf("the answer is %+v, want the pod allowed", answer.Response)
			}
			if got := answer.Response.PatchType; got == nil || *got != admissionv1.PatchTypeJSONPatch {
				t.Fatalf("the patch's type is %v, want %s", got, admissionv1.PatchTypeJSONPatch)
			}
			patch, err := jsonpatch.DecodePatch(answer.Response.Patch)
			if err != nil {
				t.Fatal(err)
			}
			patched, err := patch.Apply(pod)
			if err != nil {
				t.Fatal(err)
			}
			var injected corev1.Pod
			if err := json.Unmarshal(patched, &injected); err != nil {
				t.Fatal(err)
			}
			theProxy(t, &injected)
		})
	}
}
