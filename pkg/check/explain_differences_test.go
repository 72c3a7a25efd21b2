package check

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// living is a pod as the installation's configuration injects it, with what an API
// server writes into it beside.
func living(t *testing.T, o *Observation) *corev1.Pod {
	t.Helper()
	_, engine, findings := o.Installations[0].engine(false)
	if engine == nil {
		t.Fatal(findings)
	}
	result, err := engine.Inject(inject.Request{Pod: []byte(plain), Namespace: "shop", NativeSidecars: true})
	if err != nil {
		t.Fatal(err)
	}
	before, err := tree.Parse([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	after, err := tree.Apply(before, result.Patch)
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := json.Unmarshal(after.JSON(), &pod); err != nil {
		t.Fatal(err)
	}
	for n := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[n]
		c.TerminationMessagePath, c.TerminationMessagePolicy = "/dev/termination-log", corev1.TerminationMessageReadFile
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "kube-api-access-x", ReadOnly: true, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount"})
	}
	pod.ManagedFields = []metav1.ManagedFieldsEntry{managed("kubectl-create", now.Add(-time.Hour), `{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:name":{},"f:image":{}}}}}`)}
	return &pod
}

func managed(manager string, at time.Time, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{Manager: manager, Time: &metav1.Time{Time: at}, FieldsV1: metav1.NewFieldsV1(fields)}
}

func TestDifferences(t *testing.T) {
	tests := []struct {
		name   string
		change func(p *corev1.Pod, o *Observation)
		want   []string
	}{
		{"none", func(*corev1.Pod, *Observation) {}, nil},
		{"somebody changed an image", func(p *corev1.Pod, _ *Observation) {
			p.Spec.InitContainers[0].Image = "mine"
			p.ManagedFields = append(p.ManagedFields, managed("kubectl-set", now, `{"f:spec":{"f:initContainers":{"k:{\"name\":\"istio-init\"}":{"f:image":{}}}}}`))
		}, []string{"spec.initContainers[istio-init].image ChangedSince changed by kubectl-set at 2026-05-01T12:00:00Z"}},
		{"somebody changed a label", func(p *corev1.Pod, _ *Observation) {
			p.Labels["security.istio.io/tlsMode"] = "none"
			p.Labels["mine"] = "yes"
			p.ManagedFields = append(p.ManagedFields, managed("kubectl-label", now, `{"f:metadata":{"f:labels":{"f:security.istio.io/tlsMode":{},"f:mine":{}}}}`))
		}, []string{"metadata.labels[security.istio.io/tlsMode] ChangedSince changed by kubectl-label at 2026-05-01T12:00:00Z"}},
		{"the configuration changed since", func(p *corev1.Pod, o *Observation) {
			i := o.Installations[0]
			i.Injector.Value.Namespace, i.Injector.Value.Name = home, "istio-sidecar-injector"
			i.Injector.Value.CreationTimestamp = metav1.NewTime(now)
			p.Spec.InitContainers[0].Image = "older"
		}, []string{"spec.initContainers[istio-init].image EarlierConfiguration from before ConfigMap outrigger-system/istio-sidecar-injector was changed (2026-05-01T12:00:00Z)"}},
		{"another revision injected it", func(p *corev1.Pod, _ *Observation) {
			p.Annotations["sidecar.istio.io/status"] = strings.Replace(p.Annotations["sidecar.istio.io/status"], `"default"`, `"old"`, 1)
		}, []string{"metadata.annotations[sidecar.istio.io/status] EarlierRevision from the injection of revision old"}},
		{"another webhook wrote into it", func(p *corev1.Pod, o *Observation) {
			p.Spec.InitContainers[1].TTY = true
			o.Webhooks = append(o.Webhooks, admissionv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{Name: "terminals"},
				Webhooks:   []admissionv1.MutatingWebhook{{Name: "terminals.example.com", Rules: podRules()}},
			})
		}, []string{"spec.initContainers[istio-proxy].tty OtherAdmission by another webhook: MutatingWebhookConfiguration terminals"}},
		{"something is gone", func(p *corev1.Pod, _ *Observation) {
			p.Spec.InitContainers[1].StartupProbe = nil
		}, []string{
			"spec.initContainers[istio-proxy].startupProbe.httpGet.path OtherAdmission by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod",
			"spec.initContainers[istio-proxy].startupProbe.httpGet.port OtherAdmission by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod",
			"spec.initContainers[istio-proxy].startupProbe.timeoutSeconds OtherAdmission by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod",
			"spec.initContainers[istio-proxy].startupProbe.periodSeconds OtherAdmission by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod",
			"spec.initContainers[istio-proxy].startupProbe.failureThreshold OtherAdmission by a plugin of the API server, or by another version of Outrigger: no other webhook gets the pod",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy(t)
			p := living(t, o)
			tt.change(p, o)
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			e, err := Explain(o, Pod{Subject: "Pod shop/web", Namespace: "shop", JSON: text, Created: now.Add(-time.Hour), ManagedFields: p.ManagedFields})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range e.Differences {
				got = append(got, fmt.Sprintf("%s %s %s", d.Name, d.Cause, d.Because))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
