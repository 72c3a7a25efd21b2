package e2e

import (
	"maps"
	"strings"
	"testing"

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
