package e2e

import (
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestWhoIsInjected asks for every way to opt in and out, by namespace, label,
// annotation and revision, which revision injected the pod.
func TestWhoIsInjected(t *testing.T) {
	newInstallation(t, installation.Options{})
	newInstallation(t, installation.Options{Revision: "canary"})

	type labels = map[string]string
	type annotations = map[string]string
	namespaces := map[string]labels{
		"plain":          nil,
		"enabled":        {"istio-injection": "enabled"},
		"disabled":       {"istio-injection": "disabled"},
		"by-default":     {"istio.io/rev": "default"},
		"canary":         {"istio.io/rev": "canary"},
		"enabled-canary": {"istio-injection": "enabled", "istio.io/rev": "canary"},
		"stranger":       {"istio.io/rev": "nobody-serves-this"},
	}
	for name, labels := range namespaces {
		newNamespace(t, "choice-"+name, labels)
	}

	const nobody = ""
	tests := []struct {
		namespace   string
		labels      labels
		annotations annotations
		want        string // the revision in the status of the pod
	}{
		{"plain", nil, nil, nobody},
		{"plain", labels{"sidecar.istio.io/inject": "true"}, nil, "default"},
		{"plain", labels{"istio.io/rev": "default"}, nil, "default"},
		{"plain", labels{"istio.io/rev": "canary"}, nil, "canary"},
		{"plain", labels{"istio.io/rev": "canary", "sidecar.istio.io/inject": "true"}, nil, "canary"},
		{"plain", labels{"istio.io/rev": "canary", "sidecar.istio.io/inject": "false"}, nil, nobody},
		{"plain", labels{"istio.io/rev": "nobody-serves-this"}, nil, nobody},
		// An annotation cannot be selected by: the call is never made.
		{"plain", nil, annotations{"sidecar.istio.io/inject": "true"}, nobody},

		{"enabled", nil, nil, "default"},
		{"enabled", labels{"sidecar.istio.io/inject": "true"}, nil, "default"},
		{"enabled", labels{"sidecar.istio.io/inject": "false"}, nil, nobody},
		{"enabled", nil, annotations{"sidecar.istio.io/inject": "false"}, nobody},
		{"enabled", labels{"sidecar.istio.io/inject": "true"}, annotations{"sidecar.istio.io/inject": "false"}, "default"},
		{"enabled", labels{"sidecar.istio.io/inject": "false"}, annotations{"sidecar.istio.io/inject": "true"}, nobody},
		{"enabled", labels{"istio.io/rev": "canary"}, nil, "default"},

		{"disabled", nil, nil, nobody},
		{"disabled", labels{"sidecar.istio.io/inject": "true"}, nil, nobody},
		{"disabled", labels{"istio.io/rev": "canary"}, nil, nobody},

		{"by-default", nil, nil, "default"},
		{"canary", nil, nil, "canary"},
		{"canary", labels{"istio.io/rev": "default"}, nil, "canary"},
		{"canary", labels{"sidecar.istio.io/inject": "false"}, nil, nobody},
		{"canary", nil, annotations{"sidecar.istio.io/inject": "false"}, nobody},
		{"enabled-canary", nil, nil, "default"},
		{"stranger", nil, nil, nobody},
		{"stranger", labels{"sidecar.istio.io/inject": "true"}, nil, nobody},

		{"kube-system", labels{"sidecar.istio.io/inject": "true"}, nil, nobody},
		{"kube-public", labels{"sidecar.istio.io/inject": "true"}, nil, nobody},
		{installation.Namespace, labels{"sidecar.istio.io/inject": "true"}, nil, nobody},
		{installation.Namespace, labels{"istio.io/rev": "canary"}, nil, nobody},
	}
	for _, tt := range tests {
		namespace := tt.namespace
		if _, ours := namespaces[namespace]; ours {
			namespace = "choice-" + namespace
		}
		name := strings.Join([]string{tt.namespace, pairs(tt.labels), pairs(tt.annotations)}, " ")
		t.Run(name, func(t *testing.T) {
			pod := appPod()
			maps.Copy(pod.Labels, tt.labels)
			pod.Annotations = tt.annotations
			pod = admitted(t, namespace, pod)
			if got := statusOf(t, pod).Revision; got != tt.want {
				t.Errorf("injected by the revision %q, want %q", got, tt.want)
			}
			if got, want := isInjected(pod), tt.want != nobody; got != want {
				t.Errorf("has a proxy: %t, want %t", got, want)
			}
		})
	}
}

// TestPodsThatAreNotSent shows by an Outrigger that does not answer which pods wait for
// none: the sidecar is nothing for them.
func TestPodsThatAreNotSent(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "not-sent", map[string]string{"istio-injection": "enabled"})
	for _, replica := range o.Replicas {
		if err := replica.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		change func(*corev1.PodSpec)
		sent   bool
	}{
		"ordinary":                 {func(*corev1.PodSpec) {}, true},
		"for Linux":                {func(s *corev1.PodSpec) { s.OS = &corev1.PodOS{Name: corev1.Linux} }, true},
		"for Windows":              {func(s *corev1.PodSpec) { s.OS = &corev1.PodOS{Name: corev1.Windows} }, false},
		"for nodes with Windows":   {func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{corev1.LabelOSStable: "windows"} }, false},
		"for nodes with Linux":     {func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{corev1.LabelOSStable: "linux"} }, true},
		"in its node's network":    {func(s *corev1.PodSpec) { s.HostNetwork = true }, false},
		"for any node of the pool": {func(s *corev1.PodSpec) { s.NodeSelector = map[string]string{"pool": "a"} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			pod := appPod()
			tt.change(&pod.Spec)
			_, err := shared.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if sent := err != nil && strings.Contains(err.Error(), "failed calling webhook"); sent != tt.sent {
				t.Errorf("it was sent: %t, want %t (%v)", sent, tt.sent, err)
			}
			if !tt.sent && err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEveryNamespace has a release inject all namespaces that no label says anything of.
func TestEveryNamespace(t *testing.T) {
	runPods(t)
	newRelease(t, 4, "outrigger", "--set=enableNamespacesByDefault=true,webhook.neverNamespaces={every-never},shutdownDelaySeconds=1")
	for name, tt := range map[string]struct {
		labels map[string]string
		inject string // label sidecar.istio.io/inject of the pod
		want   bool
	}{
		"every-plain":          {nil, "", true},
		"every-refusing":       {nil, "false", false},
		"every-disabled":       {map[string]string{"istio-injection": "disabled"}, "", false},
		"every-others":         {map[string]string{"istio.io/rev": "canary"}, "", false},
		"every-never":          {nil, "", false},
		"kube-public":          {nil, "", false},
		installation.Namespace: {nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "every-") {
				newNamespace(t, name, tt.labels)
			}
			pod := appPod()
			if tt.inject != "" {
				pod.Labels["sidecar.istio.io/inject"] = tt.inject
			}
			if got := isInjected(admitted(t, name, pod)); got != tt.want {
				t.Errorf("has a proxy: %t, want %t", got, tt.want)
			}
		})
	}
}

// pairs shows labels or annotations in the name of a test.
func pairs(m map[string]string) string {
	var text []string
	for _, key := range []string{"sidecar.istio.io/inject", "istio.io/rev"} {
		if value, ok := m[key]; ok {
			text = append(text, key[strings.Index(key, "/")+1:]+"="+value)
		}
	}
	if text == nil {
		return "-"
	}
	return strings.Join(text, ",")
}
