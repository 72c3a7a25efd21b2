package workbench

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// installation is the namespace that Outrigger is taken to be in.
const installation = "outrigger-system"

// route is the way to the webhook: whether the API server sends it the pod.
func route(pod []byte, s Settings) (sent bool, steps []explain.Step, err error) {
	configuration, err := webhook.WebhookConfiguration{
		Name: "outrigger", Revision: s.Revision, Namespace: installation, URL: "https://localhost/inject",
	}.Build()
	if err != nil {
		return false, nil, err
	}
	namespaceLabels := map[string]string{corev1.LabelMetadataName: s.Namespace}
	for key, value := range s.NamespaceLabels {
		namespaceLabels[key] = value
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.Namespace, Labels: namespaceLabels}}
	sent, route, err := check.Route(configuration, namespace, pod)
	if err != nil {
		return false, nil, err
	}
	for _, step := range route {
		if sent && step.Answer == check.No {
			continue // of an entry that is for others
		}
		answer := map[check.Answer]string{check.Yes: explain.Yes, check.No: explain.No, check.Unknown: explain.Silent}[step.Answer]
		steps = append(steps, explain.Step{Answer: answer, Where: step.Where, Rule: step.Rule, What: step.What})
	}
	if !sent {
		steps = append(steps, explain.Step{Answer: explain.No, Where: "the API server", Rule: "webhook", What: fmt.Sprintf("no entry takes the pods of namespace %s, so the webhook never sees them", s.Namespace)})
	}
	return sent, steps, nil
}

// notSent is the reason of a pod that the webhook never sees.
const notSent inject.Reason = "NotSent"
