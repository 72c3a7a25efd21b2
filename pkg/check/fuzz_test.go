package check

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// FuzzJudge gives any text for what a check reads in a cluster beside the configuration:
// a Deployment's arguments and image, a CA bundle, the labels of a namespace. All that
// is found has a word, a subject and a sentence.
func FuzzJudge(f *testing.F) {
	f.Add("serve --revision=canary --cert-mode files", "outrigger:0.1.0", []byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"), "enabled", "canary")
	f.Add("serve --config-namespace=x --injector-config-map y --ca-validity=forever", "a:1/b@sha256:0", []byte(nil), "disabled", "")
	f.Add("serve --", ":::", []byte("junk"), "true", "default")
	f.Add("--serve serve = --=", "", []byte{0}, "", "a b")
	f.Fuzz(func(t *testing.T, args, image string, bundle []byte, injection, revision string) {
		o := healthy(t)
		i := o.Installations[0]
		container := &i.Deployment.Value.Spec.Template.Spec.Containers[0]
		container.Args, container.Image = strings.Fields(args), image
		i.arguments = argumentsOf(i.Deployment.Value.Spec.Template.Spec)
		if slices.Contains(container.Args, "serve") != (i.arguments != nil) {
			t.Errorf("%q: the arguments are %v", args, i.arguments)
		}
		i.Pods.Value = []corev1.Pod{{Spec: i.Deployment.Value.Spec.Template.Spec}}
		for n := range i.Webhook.Webhooks {
			i.Webhook.Webhooks[n].ClientConfig.CABundle = bundle
		}
		shop(o, webhook.LabelInjection, injection, webhook.LabelRevision, revision)
		for _, finding := range Judge(o) {
			if finding.Reason == "" || finding.Subject == "" || finding.What == "" {
				t.Errorf("nobody knows what this is about: %+v", finding)
			}
		}
	})
}

// FuzzExplain gives any text for a pod of a cluster. What can be read has a verdict.
func FuzzExplain(f *testing.F) {
	for _, pod := range []string{
		`{"metadata":{"name":"web","namespace":"shop"},"spec":{"containers":[{"name":"web","image":"web:1"}]}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/status":"{\"containers\":[\"istio-proxy\"]}"}},"spec":{"containers":[{"name":"web"},{"name":"istio-proxy"}]}}`,
		`{"metadata":{"labels":{"sidecar.istio.io/inject":"false"},"ownerReferences":[{"kind":"ReplicaSet","controller":true}],"generateName":"a"},"spec":{"hostNetwork":true}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/proxyCPU":"x"}},"spec":{"nodeSelector":{"kubernetes.io/os":"windows"}}}`,
		`{}`, `[]`, ``, `{"spec":{"containers":[null]}}`,
	} {
		f.Add([]byte(pod))
	}
	o := healthy(f)
	f.Fuzz(func(t *testing.T, pod []byte) {
		e, err := Explain(o, Pod{Subject: "Pod shop/web", Namespace: "shop", JSON: pod, Created: now})
		if err == nil && (e.Verdict == "" || e.Reason == "" || e.Because == "") {
			t.Errorf("no verdict: %+v", e)
		}
	})
}
