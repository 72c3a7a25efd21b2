package profiles_test

import (
	"encoding/json"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// injectedPod injects a pod by a profile, beside an ordinary application.
func injectedPod(t *testing.T, name, pod string, native bool) (corev1.Pod, inject.Result) {
	t.Helper()
	in, err := inject.Compile(profile(t, name), inject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := inject.Request{Pod: conformance.ToJSON(t, []byte(pod)), NativeSidecars: native}
	result, err := in.Inject(r)
	if err != nil {
		t.Fatal(err)
	}
	var injected corev1.Pod
	if err := json.Unmarshal(conformance.Apply(t, r.Pod, result.Patch), &injected); err != nil {
		t.Fatal(err)
	}
	return injected, result
}

// proxyOf finds the proxy in either list.
func proxyOf(t *testing.T, p corev1.Pod) corev1.Container {
	t.Helper()
	for _, list := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for _, c := range list {
			if c.Name == "istio-proxy" {
				return c
			}
		}
	}
	t.Fatal("no proxy")
	return corev1.Container{}
}

// TestCutNamesAreLabels cuts names everywhere in what may not end a label's value.
func TestCutNamesAreLabels(t *testing.T) {
	for _, template := range []string{"sidecar", "gateway"} {
		for _, between := range []string{".", "-", "_", "---", "-._."} {
			for length := 55; length < 63; length++ {
				name := strings.Repeat("a", length) + strings.Repeat(between, 3) + strings.Repeat("b", 63)
				p, _ := injectedPod(t, "istio", `{metadata: {labels: {app.kubernetes.io/name: "`+name+`"}, annotations: {inject.istio.io/templates: `+template+`}}, spec: {containers: [{name: app, image: i}, {name: istio-proxy, image: auto}]}}`, false)
				label := p.Labels["service.istio.io/canonical-name"]
				if bad := validation.IsValidLabelValue(label); len(bad) > 0 || !strings.HasPrefix(label, name[:length]) {
					t.Errorf("%s: %s is cut to %q: %v", template, name, label, bad)
				}
			}
		}
	}
}

// TestResourcesOfThePodAreShared injects a pod that has resources as a whole.
func TestResourcesOfThePodAreShared(t *testing.T) {
	const pod = `{metadata: {annotations: {ANNOTATIONS}}, spec: {resources: {requests: {cpu: 500m}, limits: {cpu: 1, memory: 64Mi}}, containers: [{name: app, image: i, resources: {requests: {cpu: 450m}}}]}}`
	for _, name := range []string{"istio", "istio-1.0"} {
		for _, native := range []bool{false, true} {
			p, result := injectedPod(t, name, strings.Replace(pod, "ANNOTATIONS", "", 1), native)
			for _, c := range append(p.Spec.InitContainers, p.Spec.Containers...) {
				if c.Name != "app" && (len(c.Resources.Requests) > 0 || len(c.Resources.Limits) > 0) {
					t.Errorf("%s: %s has %v", name, c.Name, c.Resources)
				}
			}
			if w := strings.Join(result.Warnings, "\n"); !strings.Contains(w, "resources as a whole") {
				t.Errorf("%s: warnings %q", name, w)
			}
			p, result = injectedPod(t, name, strings.Replace(pod, "ANNOTATIONS", `sidecar.istio.io/proxyCPU: 20m`, 1), native)
			requests := proxyOf(t, p).Resources.Requests
			if requests.Cpu().String() != "20m" || len(result.Warnings) > 0 {
				t.Errorf("%s: asked for, the proxy requests %v, warnings %v", name, requests, result.Warnings)
			}
		}
	}
}

// TestUserVolumesAsObjectAndList injects both forms of the annotations.
func TestUserVolumesAsObjectAndList(t *testing.T) {
	for volume, mount := range map[string]string{
		`{"tls": {"secret": {"secretName": "s"}}}`:                     `{"tls": {"mountPath": "/etc/tls", "readOnly": true}}`,
		`{"tls": {"name": "tls", "secret": {"secretName": "s"}}}`:      `{"tls": {"name": "tls", "mountPath": "/etc/tls", "readOnly": true}}`,
		`[{"name": "tls", "secret": {"secretName": "s"}}]`:             `[{"name": "tls", "mountPath": "/etc/tls", "readOnly": true}]`,
		`[{"secret": {"secretName": "s"}, "name": "tls"}]`:             `[{"readOnly": true, "mountPath": "/etc/tls", "name": "tls"}]`,
		`{"tls": {"secret": {"secretName": "s"}}, "b": {"nfs": null}}`: `{"tls": {"mountPath": "/etc/tls", "readOnly": true}}`,
	} {
		p, _ := injectedPod(t, "istio", `{metadata: {annotations: {sidecar.istio.io/userVolume: '`+volume+`', sidecar.istio.io/userVolumeMount: '`+mount+`'}}, spec: {containers: [{name: app, image: i}]}}`, false)
		found := 0
		for _, v := range p.Spec.Volumes {
			if v.Name == "tls" && v.Secret != nil && v.Secret.SecretName == "s" {
				found++
			}
		}
		for _, m := range proxyOf(t, p).VolumeMounts {
			if m.Name == "tls" && m.MountPath == "/etc/tls" && m.ReadOnly {
				found++
			}
		}
		if found != 2 {
			t.Errorf("%s and %s: %v, %v", volume, mount, p.Spec.Volumes, proxyOf(t, p).VolumeMounts)
		}
	}
}

// TestASidecarStaysOne injects pods whose own istio-proxy says of restarts what holds
// in another list.
func TestASidecarStaysOne(t *testing.T) {
	p, _ := injectedPod(t, "istio", `{spec: {containers: [{name: app, image: i}, {name: istio-proxy, image: auto, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}], livenessProbe: {exec: {command: [a]}}}]}}`, true)
	proxy := proxyOf(t, p)
	if proxy.RestartPolicy == nil || *proxy.RestartPolicy != corev1.ContainerRestartPolicyAlways || len(proxy.RestartPolicyRules) > 0 || proxy.LivenessProbe == nil {
		t.Errorf("as a sidecar it has %v, %v", proxy.RestartPolicy, proxy.RestartPolicyRules)
	}
	p, _ = injectedPod(t, "istio", `{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-proxy, image: auto, restartPolicy: Always}]}}`, false)
	if proxy := proxyOf(t, p); proxy.RestartPolicy != nil || len(p.Spec.Containers) != 2 {
		t.Errorf("as an ordinary container it has %v", proxy.RestartPolicy)
	}
}
