package check

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// miss is the rule that keeps a pod from an entry.
type miss struct {
	Step
	// key is the label that it is about, if it is about one.
	key string
}

// nearest is what keeps a pod from the entry of an installation that is meant for it:
// the one that it comes farthest with, of those whose labels of choice it has. ok is
// false where there are no entries.
func nearest(namespace *corev1.Namespace, pod candidate, i *Installation) (nearest miss, ok bool) {
	if i.Webhook == nil {
		return miss{}, false
	}
	farthest := -1
	for n := range i.Webhook.Webhooks {
		entry := &i.Webhook.Webhooks[n]
		p := pass(i.Name, entry, namespace, pod)
		rank := len(p.steps)
		if isMeantFor(entry, namespace, pod) {
			rank += 100
		}
		if len(p.steps) > 0 && rank > farthest {
			farthest, nearest = rank, miss{p.last(), missedLabel(entry, p.last(), namespace, pod)}
		}
	}
	return nearest, farthest >= 0
}

// isMeantFor says whether a pod has what an entry wants of the labels that choose
// injection, whatever else it wants.
func isMeantFor(entry *admissionv1.MutatingWebhook, namespace *corev1.Namespace, pod candidate) bool {
	chooses := func(r metav1.LabelSelectorRequirement) bool {
		return slices.Contains([]string{webhook.LabelInjection, webhook.LabelRevision, webhook.LabelInject}, r.Key)
	}
	return missed(entry.NamespaceSelector, namespace.Labels, chooses) == "" && missed(entry.ObjectSelector, pod.labels, chooses) == ""
}

// missedLabel is the label that a step says no for.
func missedLabel(entry *admissionv1.MutatingWebhook, step Step, namespace *corev1.Namespace, pod candidate) string {
	every := func(metav1.LabelSelectorRequirement) bool { return true }
	switch step.Rule {
	case "namespaceSelector":
		return missed(entry.NamespaceSelector, namespace.Labels, every)
	case "objectSelector":
		return missed(entry.ObjectSelector, pod.labels, every)
	default:
		return ""
	}
}

// missed is the label of the first requirement, of those that are looked at, which
// labels do not fulfil.
func missed(selector *metav1.LabelSelector, labels map[string]string, looked func(metav1.LabelSelectorRequirement) bool) string {
	for _, r := range requirements(selector) {
		one := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{r}}
		if looked(r) && matchSelector("", one, "", labels).Answer == No {
			return r.Key
		}
	}
	return ""
}

// mend is what to do about it. On AKS, what its admissions enforcer adds to every
// webhook it adds again.
func (m miss) mend(otherwise string) string {
	if m.key != "control-plane" && !strings.HasPrefix(m.key, "kubernetes.azure.com/") {
		return otherwise
	}
	return "if this is AKS, its admissions enforcer adds that to every webhook, and would again: take the label " + m.key +
		" off the namespace, or have the enforcer leave this webhook alone: --set-string 'webhook.annotations.admissions\\.enforcer/disabled=true'"
}
