package check

import (
	"cmp"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

func TestRoute(t *testing.T) {
	configuration, err := webhook.WebhookConfiguration{Name: "outrigger", Namespace: "outrigger-system", URL: "https://localhost/inject"}.Build()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		namespace map[string]string
		pod       string
		want      bool
	}{
		{name: "the namespace asks", namespace: map[string]string{webhook.LabelInjection: "enabled"}, want: true},
		{name: "the pod asks", pod: `{"metadata": {"labels": {"sidecar.istio.io/inject": "true"}}}`, want: true},
		{name: "nobody asks"},
		{name: "the pod declines", namespace: map[string]string{webhook.LabelInjection: "enabled"}, pod: `{"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}}`},
		{name: "on the node's network", namespace: map[string]string{webhook.LabelInjection: "enabled"}, pod: `{"spec": {"hostNetwork": true}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: test.namespace}}
			sent, steps, err := Route(configuration, namespace, []byte(cmp.Or(test.pod, "{}")))
			if err != nil {
				t.Fatal(err)
			}
			if sent != test.want {
				t.Errorf("sent: %v, want %v; steps: %v", sent, test.want, steps)
			}
			refused := 0
			for _, s := range steps {
				if s.Answer == No {
					refused++
				}
			}
			if others := len(configuration.Webhooks); sent && refused != others-1 || !sent && refused != others {
				t.Errorf("%d entries of %d say no; sent: %v, steps: %v", refused, others, sent, steps)
			}
		})
	}
}
