package workbench

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Answers of a Step.
const (
	yes    = "yes"
	no     = "no"
	silent = "silent"
)

// engineRules are the rules of the engine in the order in which it asks them (spec:
// injection.md section 2), with the reasons that each may give. The first that
// gives one has the last word.
var engineRules = []struct {
	rule    string
	reasons []inject.Reason
	// passed is what is said of one that gave none, and answer how it is meant.
	answer, passed string
	// manifests tells that the command asks it too.
	manifests bool
}{
	{"host network", []inject.Reason{inject.HostNetwork}, yes, "the pod has a network of its own", true},
	{"namespace", []inject.Reason{inject.NamespaceIgnored}, yes, "it is none of the cluster's own", true},
	{"policy is a known word", []inject.Reason{inject.PolicyInvalid}, yes, "it is", false},
	{"label sidecar.istio.io/inject", []inject.Reason{inject.LabelEnabled, inject.LabelDisabled}, silent, "it says nothing", true},
	{"annotation sidecar.istio.io/inject", []inject.Reason{inject.AnnotationEnabled, inject.AnnotationDisabled}, silent, "it says nothing", true},
	{"neverInjectSelector", []inject.Reason{inject.NeverInjectSelector}, silent, "none matches", false},
	{"alwaysInjectSelector", []inject.Reason{inject.AlwaysInjectSelector}, silent, "none matches", false},
	{"policy", []inject.Reason{inject.PolicyEnabled, inject.PolicyDisabled}, "", "", true},
}

// decided is the way to a decision of the engine.
func decided(d inject.Decision, as string) []Step {
	const where = "the configuration"
	var steps []Step
	for _, r := range engineRules {
		if slices.Contains(r.reasons, d.Reason) {
			answer := no
			if d.Inject {
				answer = yes
			}
			return append(steps, Step{answer, where, r.rule, d.Detail})
		}
		if r.passed != "" && (r.manifests || as == AsWebhook) {
			steps = append(steps, Step{r.answer, where, r.rule, r.passed})
		}
	}
	// A reason that no rule gives is told alone: what came before it is not known.
	return []Step{{no, where, string(d.Reason), d.Detail}}
}

// installation is the namespace that Outrigger is taken to be in.
const installation = "outrigger-system"

// route is the way to the webhook: whether the API server sends it the pod.
func route(pod []byte, s Settings) (sent bool, steps []Step, err error) {
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
		answer := map[check.Answer]string{check.Yes: yes, check.No: no, check.Unknown: silent}[step.Answer]
		steps = append(steps, Step{answer, step.Where, step.Rule, step.What})
	}
	if !sent {
		steps = append(steps, Step{no, "the API server", "webhook", fmt.Sprintf("no entry takes the pods of namespace %s, so the webhook never sees them", s.Namespace)})
	}
	return sent, steps, nil
}

// notSent is the reason of a pod that the webhook never sees.
const notSent inject.Reason = "NotSent"
