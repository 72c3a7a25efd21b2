package workbench

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
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
// gives one has the last word. Which of them a format asks at all, the engine alone
// knows: of one that gave none it is told what there is, and no more.
var engineRules = []struct {
	rule    string
	reasons []inject.Reason
	answer  string
	passed  func(subject) string
	// ofPods tells that the command never asks it.
	ofPods bool
}{
	{rule: "host network", reasons: []inject.Reason{inject.HostNetwork}, answer: yes, passed: says("the pod has a network of its own")},
	{rule: "operating system", reasons: []inject.Reason{inject.WindowsPod}, answer: yes, passed: says("the pod is not one for Windows")},
	{rule: "namespace", reasons: []inject.Reason{inject.NamespaceIgnored}, answer: silent, passed: subject.namespaceText},
	{rule: "label " + injectKey, reasons: []inject.Reason{inject.LabelEnabled, inject.LabelDisabled}, answer: silent, passed: wishOf("labels")},
	{rule: "annotation " + injectKey, reasons: []inject.Reason{inject.AnnotationEnabled, inject.AnnotationDisabled}, answer: silent, passed: wishOf("annotations")},
	{rule: "neverInjectSelector", reasons: []inject.Reason{inject.NeverInjectSelector}, answer: silent, passed: says("none decides"), ofPods: true},
	{rule: "alwaysInjectSelector", reasons: []inject.Reason{inject.AlwaysInjectSelector}, answer: silent, passed: says("none decides"), ofPods: true},
	{rule: "policy", reasons: []inject.Reason{inject.PolicyEnabled, inject.PolicyDisabled, inject.PolicyInvalid}},
}

const injectKey = "sidecar.istio.io/inject"

// subject is what a decision is about.
type subject struct {
	pod       *tree.Value
	namespace string
}

func says(text string) func(subject) string { return func(subject) string { return text } }

func (s subject) namespaceText() string {
	if s.namespace == "" {
		return "none is named"
	}
	return s.namespace + " does not decide"
}

// wishOf tells of the label or annotation by which a pod asks or declines.
func wishOf(kind string) func(subject) string {
	return func(s subject) string {
		if wish, ok := s.pod.Get("metadata", kind, injectKey).Str(); ok {
			return fmt.Sprintf("it is %q, which does not decide here", wish)
		}
		return "there is none"
	}
}

// decided is the way to a decision of the engine.
func decided(d inject.Decision, s subject, as string) []Step {
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
		if r.passed != nil && (!r.ofPods || as == AsWebhook) {
			steps = append(steps, Step{r.answer, where, r.rule, r.passed(s)})
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
