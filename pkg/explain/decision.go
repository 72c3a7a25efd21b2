package explain

import (
	"fmt"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Step is one rule of a decision.
type Step struct {
	// Answer is Yes, No, or Silent for a rule that leaves it to the next.
	Answer string `json:"answer"`
	// Where is the object that has the rule.
	Where string `json:"where"`
	Rule  string `json:"rule"`
	What  string `json:"what"`
}

// Answers of a Step.
const (
	Yes    = "yes"
	No     = "no"
	Silent = "silent"
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
	// ofCreated tells that the command never asks it.
	ofCreated bool
}{
	{rule: "host network", reasons: []inject.Reason{inject.HostNetwork}, answer: Yes, passed: says("the pod has a network of its own")},
	{rule: "operating system", reasons: []inject.Reason{inject.WindowsPod}, answer: Yes, passed: says("the pod is not one for Windows")},
	{rule: "namespace", reasons: []inject.Reason{inject.NamespaceIgnored}, answer: Silent, passed: subject.namespaceText},
	{rule: "label " + pod.InjectKey, reasons: []inject.Reason{inject.LabelEnabled, inject.LabelDisabled}, answer: Silent, passed: wishOf("labels")},
	{rule: "annotation " + pod.InjectKey, reasons: []inject.Reason{inject.AnnotationEnabled, inject.AnnotationDisabled}, answer: Silent, passed: wishOf("annotations")},
	{rule: "neverInjectSelector", reasons: []inject.Reason{inject.NeverInjectSelector}, answer: Silent, passed: says("none decides"), ofCreated: true},
	{rule: "alwaysInjectSelector", reasons: []inject.Reason{inject.AlwaysInjectSelector}, answer: Silent, passed: says("none decides"), ofCreated: true},
	{rule: "policy", reasons: []inject.Reason{inject.PolicyEnabled, inject.PolicyDisabled, inject.PolicyInvalid}},
}

// subject is what a decision is about.
type subject struct {
	*tree.Value
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
		if wish, ok := s.Get("metadata", kind, pod.InjectKey).Str(); ok {
			return fmt.Sprintf("it is %q, which does not decide here", wish)
		}
		return "there is none"
	}
}

// configured is where the rules of the engine stand.
const configured = "the configuration"

// Steps is the way to a decision of the engine about a pod: of one that is being
// created, or the template in a manifest.
func Steps(d inject.Decision, p *tree.Value, namespace string, created bool) []Step {
	s := subject{p, namespace}
	var steps []Step
	for _, r := range engineRules {
		if slices.Contains(r.reasons, d.Reason) {
			answer := No
			if d.Inject {
				answer = Yes
			}
			return append(steps, Step{answer, configured, r.rule, d.Detail})
		}
		if r.passed != nil && (!r.ofCreated || created) {
			steps = append(steps, Step{r.answer, configured, r.rule, r.passed(s)})
		}
	}
	// A reason that no rule gives is told alone: what came before it is not known.
	return []Step{{No, configured, string(d.Reason), d.Detail}}
}
