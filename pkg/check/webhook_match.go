package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Answer is what a rule says of a pod.
type Answer string

const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown" // it cannot be told from here
)

// Step is one rule on a pod's way, and what came of it.
type Step struct {
	Answer Answer `json:"answer"`
	// Where is the object that has the rule, such as an entry of a webhook
	// configuration, and Rule the place in it, such as namespaceSelector.
	Where string `json:"where"`
	Rule  string `json:"rule"`
	// What is the sentence for people, naming the label or line that decided.
	What string `json:"what"`
}

// text is the step as part of a sentence.
func (s Step) text() string { return s.Where + ", whose " + s.Rule + " says no: " + s.What }

// rulesStep is the step of an entry's rules.
const rulesStep = "rules"

// candidate is a pod, as far as it matters to who is sent it.
type candidate struct {
	labels      map[string]string
	hostNetwork bool
	windows     bool
}

// candidateOf reads a pod.
func candidateOf(pod []byte) (candidate, error) {
	var known struct {
		Metadata struct{ Labels map[string]string }
		Spec     struct {
			HostNetwork  bool
			OS           struct{ Name corev1.OSName }
			NodeSelector map[string]string
		}
	}
	if err := json.Unmarshal(pod, &known); err != nil {
		return candidate{}, err
	}
	windows := known.Spec.OS.Name == corev1.Windows || known.Spec.NodeSelector[corev1.LabelOSStable] == string(corev1.Windows)
	return candidate{known.Metadata.Labels, known.Spec.HostNetwork, windows}, nil
}

// passage is how a pod fares with one entry of a webhook configuration.
type passage struct {
	configuration string
	entry         *admissionv1.MutatingWebhook
	// answer is whether the pod is sent.
	answer Answer
	// steps are the rules in the API server's order, up to the one that says no.
	steps []Step
}

// pass follows the API server: namespaceSelector, objectSelector, rules, and only
// then the conditions. The first no is the last word.
func pass(configuration string, entry *admissionv1.MutatingWebhook, namespace *corev1.Namespace, pod candidate) passage {
	p := passage{configuration: configuration, entry: entry, answer: Yes}
	for _, ask := range []func() Step{
		func() Step {
			return matchSelector("namespaceSelector", entry.NamespaceSelector, "namespace "+namespace.Name, namespace.Labels)
		},
		func() Step { return matchSelector("objectSelector", entry.ObjectSelector, "the pod", pod.labels) },
		func() Step { return matchRules(entry.Rules) },
	} {
		if p.add(ask()); p.answer == No {
			return p
		}
	}
	for _, condition := range entry.MatchConditions {
		if p.add(matchCondition(condition, pod)); p.answer == No {
			return p
		}
	}
	return p
}

// where names the entry.
func (p *passage) where() string { return p.configuration + ", " + p.entry.Name }

func (p *passage) add(s Step) {
	s.Where = p.where()
	p.steps = append(p.steps, s)
	if s.Answer != Yes {
		p.answer = s.Answer
	}
}

func (p *passage) last() Step { return p.steps[len(p.steps)-1] }

// unknown is the rule of which it cannot be told what it says.
func (p *passage) unknown() string {
	for _, s := range p.steps {
		if s.Answer == Unknown {
			return s.What
		}
	}
	return ""
}

// matchSelector matches a selector requirement by requirement, to name the one
// that decides. owner is whose labels they are.
func matchSelector(rule string, selector *metav1.LabelSelector, owner string, set map[string]string) Step {
	var decided []string
	for _, r := range requirements(selector) {
		one, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{r}})
		if err != nil {
			return Step{Unknown, "", rule, err.Error()}
		}
		value, has := set[r.Key]
		if !one.Matches(labels.Set(set)) {
			return Step{No, "", rule, fmt.Sprintf("it wants %s, and %s has %s", describe(r), owner, labelText(r.Key, value, has))}
		}
		if has && r.Key != corev1.LabelMetadataName {
			decided = append(decided, labelText(r.Key, value, has))
		}
	}
	switch {
	case len(decided) > 0:
		return Step{Yes, "", rule, owner + " has " + strings.Join(decided, ", ")}
	case selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0:
		return Step{Yes, "", rule, "it is empty and matches everything"}
	}
	return Step{Yes, "", rule, "no label of " + owner + " speaks against it"}
}

// requirements are those of a selector, matchLabels first.
func requirements(selector *metav1.LabelSelector) []metav1.LabelSelectorRequirement {
	if selector == nil {
		return nil
	}
	var all []metav1.LabelSelectorRequirement
	for key, value := range selector.MatchLabels {
		all = append(all, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{value}})
	}
	slices.SortFunc(all, func(a, b metav1.LabelSelectorRequirement) int { return strings.Compare(a.Key, b.Key) })
	return append(all, selector.MatchExpressions...)
}

// describe is a requirement as kubectl would take it after -l.
func describe(r metav1.LabelSelectorRequirement) string {
	one := len(r.Values) == 1
	switch {
	case r.Operator == metav1.LabelSelectorOpIn && one:
		return r.Key + "=" + r.Values[0]
	case r.Operator == metav1.LabelSelectorOpNotIn && one:
		return r.Key + "!=" + r.Values[0]
	case r.Operator == metav1.LabelSelectorOpIn:
		return r.Key + " in (" + strings.Join(r.Values, ", ") + ")"
	case r.Operator == metav1.LabelSelectorOpNotIn:
		return r.Key + " not in (" + strings.Join(r.Values, ", ") + ")"
	case r.Operator == metav1.LabelSelectorOpExists:
		return "a label " + r.Key
	default:
		return "no label " + r.Key
	}
}

func labelText(key, value string, has bool) string {
	if !has {
		return "no label " + key
	}
	return key + "=" + value
}

func matchRules(rules []admissionv1.RuleWithOperations) Step {
	if sendsPods(rules) {
		return Step{Yes, "", rulesStep, "they match the creation of pods"}
	}
	return Step{No, "", rulesStep, "none matches the creation of pods"}
}

// sendsPods says whether the creation of a pod is among what rules match.
func sendsPods(rules []admissionv1.RuleWithOperations) bool {
	return slices.ContainsFunc(rules, func(r admissionv1.RuleWithOperations) bool {
		return anyOf(r.Operations, admissionv1.OperationAll, admissionv1.Create) &&
			anyOf(r.APIGroups, "*", "") &&
			anyOf(r.APIVersions, "*", "v1") &&
			anyOf(r.Resources, "*", "*/*", "pods", "pods/*") &&
			(r.Scope == nil || *r.Scope == admissionv1.AllScopes || *r.Scope == admissionv1.NamespacedScope)
	})
}

func anyOf[T comparable](list []T, words ...T) bool {
	return slices.ContainsFunc(words, func(w T) bool { return slices.Contains(list, w) })
}

// never is the condition that the chart gives to entries that are not enabled.
const never = "false"

// isOff says whether a configuration is there and not enabled: no pod is sent.
func isOff(c *admissionv1.MutatingWebhookConfiguration) bool {
	return len(c.Webhooks) > 0 && !slices.ContainsFunc(c.Webhooks, func(w admissionv1.MutatingWebhook) bool {
		return !slices.ContainsFunc(w.MatchConditions, func(m admissionv1.MatchCondition) bool { return m.Expression == never })
	})
}

// isClosed says whether no entry has rules: a replica has yet to add them.
func isClosed(c *admissionv1.MutatingWebhookConfiguration) bool {
	return !slices.ContainsFunc(c.Webhooks, func(w admissionv1.MutatingWebhook) bool { return len(w.Rules) > 0 })
}

// matchCondition knows the conditions of Outrigger's own entries. An interpreter
// of CEL would make every command start more slowly, for conditions of others.
func matchCondition(c admissionv1.MatchCondition, pod candidate) Step {
	rule := "matchCondition " + c.Name
	switch {
	case c.Expression == never:
		return Step{No, "", rule, "it is never true: the entry is not enabled"}
	case c.Expression == webhook.NotHostNetwork && pod.hostNetwork:
		return Step{No, "", rule, "the pod shares its node's network (hostNetwork: true)"}
	case c.Expression == webhook.NotHostNetwork:
		return Step{Yes, "", rule, "the pod has a network of its own"}
	case c.Expression == webhook.NotWindows && pod.windows:
		return Step{No, "", rule, "the pod is for Windows"}
	case c.Expression == webhook.NotWindows:
		return Step{Yes, "", rule, "the pod is not for Windows"}
	default:
		return Step{Unknown, "", rule, "it decides too: " + c.Expression}
	}
}
