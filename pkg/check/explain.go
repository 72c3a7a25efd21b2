package check

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Verdict is what becomes of a pod.
type Verdict string

// Of a pod that runs, and of one that may be created. Refused is both.
const (
	Injected         Verdict = "injected"
	NotInjected      Verdict = "not injected"
	WouldBeInjected  Verdict = "would be injected"
	WouldBeLeftAlone Verdict = "would not be injected"
	Refused          Verdict = "refused"
	Undecided        Verdict = "unknown"
)

// Why a pod is not sent to Outrigger, beside the reasons of findings and those of
// package inject.
const (
	PodOlder            Reason = "PodOlder"            // it was created before what would have it injected
	NotSentThen         Reason = "NotSentThen"         // it would be injected, and was not
	NamespaceDisabled   Reason = "NamespaceDisabled"   // label istio-injection=disabled
	NamespaceUnlabelled Reason = "NamespaceUnlabelled" // neither it nor the pod asks
	RevisionUnserved    Reason = "RevisionUnserved"    // the pod's label names a revision that nobody serves
	OtherInjector       Reason = "OtherInjector"       // somebody else's webhook gets it
	CreationFailed      Reason = "CreationFailed"      // its owner cannot create it
	ConditionUnknown    Reason = "ConditionUnknown"    // a matchCondition decides that is not known here
	WindowsPod          Reason = "WindowsPod"          // the sidecar does not run there
)

// Pod is a pod to explain.
type Pod struct {
	// Subject is its kind and name, or that of the workload it is the template of.
	Subject string
	// Namespace it is in, or would be created in.
	Namespace string
	// JSON is the pod, or the pod template.
	JSON []byte
	// Warnings are of how the workload that it is the template of is written.
	Warnings []string
	// Created is zero for a pod that is none yet.
	Created time.Time
	// ManagedFields say who has set what of it.
	ManagedFields []metav1.ManagedFieldsEntry
}

// Explanation is why a pod is injected or not.
type Explanation struct {
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	// Reason is a word of this package or of package inject.
	Reason Reason `json:"reason"`
	// Because is the sentence that goes with it.
	Because string `json:"because"`
	Next    string `json:"next,omitempty"`
	// Steps are the rules in the order in which they act.
	Steps []Step `json:"steps,omitempty"`
	// Faults of the installation that the pod is sent to make its creation fail.
	Faults []Finding `json:"faults,omitempty"`
	// Differences are those of a pod that is injected from what it would be now.
	Differences []Difference `json:"differences,omitempty"`
}

// subject is a pod that is being explained.
type subject struct {
	*Observation
	Pod
	candidate
	namespace *corev1.Namespace
	// found by the steps:
	steps     []Step
	injection inject.Uninjected
	before    []byte // the pod without its injection
	sentTo    *Installation
	sent      passage
	elsewhere []passage // other injectors' entries that take it
	workload  inject.Workload
	owners    owners
	would     *would // nil unless the pod lives and is injected
}

// Explain says what becomes of a pod, rule by rule. An error is that the pod
// cannot be read.
func Explain(o *Observation, pod Pod) (Explanation, error) {
	s := &subject{Observation: o, Pod: pod}
	if err := s.read(); err != nil {
		return Explanation{}, fmt.Errorf("%s: %w", pod.Subject, err)
	}
	for _, warning := range pod.Warnings {
		s.note(Unknown, "the workload", "warning", "%s", warning)
	}
	s.followEntries()
	e := s.explain()
	e.Subject, e.Steps = pod.Subject, s.steps
	if s.would != nil {
		differences, err := s.differences(s.would)
		if err != nil {
			return e, fmt.Errorf("%s: %w", pod.Subject, err)
		}
		e.Differences = differences
	}
	return e, nil
}

func (s *subject) note(answer Answer, where, rule, what string, args ...any) {
	s.steps = append(s.steps, Step{answer, where, rule, fmt.Sprintf(what, args...)})
}

// read finds out what of the pod and its namespace matters.
func (s *subject) read() error {
	before, err := tree.Parse(s.JSON)
	if err != nil {
		return err
	}
	if s.injection, err = inject.Uninject(s.JSON, nil); err != nil {
		return err
	}
	if s.injection.Injected {
		s.note(Yes, "the pod", "annotation sidecar.istio.io/status", "it carries the injection of %s: %s", s.injection.By(),
			strings.Join(append(slices.Clone(s.injection.InitContainers), s.injection.Containers...), ", "))
		if before, err = tree.Apply(before, s.injection.Patch); err != nil {
			return err
		}
	} else if !s.Created.IsZero() {
		s.note(No, "the pod", "annotation sidecar.istio.io/status", "there is none: the pod carries no injection")
	}
	s.before = before.JSON()
	s.owners = ownersOf(s.ManagedFields)
	s.workload = pod.OwnerOf(before, s.Pod.Namespace)
	if s.candidate, err = candidateOf(s.before); err != nil {
		return err
	}

	for n := range s.Namespaces.Value {
		if s.Namespaces.Value[n].Name == s.Pod.Namespace {
			s.namespace = &s.Namespaces.Value[n]
			return nil
		}
	}
	why := "there is none: it is taken as one without labels"
	if s.Namespaces.Err != nil {
		why = "its labels are not known and taken as none: " + s.Namespaces.Err.Error()
	}
	s.note(Unknown, "namespace "+s.Pod.Namespace, "labels", "%s", why)
	s.namespace = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: s.Pod.Namespace, Labels: map[string]string{corev1.LabelMetadataName: s.Pod.Namespace},
	}}
	return nil
}

// followEntries sends the pod past every injector's entry.
func (s *subject) followEntries() {
	for n := range s.Webhooks {
		c := &s.Webhooks[n]
		for e := range c.Webhooks {
			entry := &c.Webhooks[e]
			if !isInjector(entry) {
				continue
			}
			p := pass(c.Name, entry, s.namespace, s.candidate)
			if p.answer == No {
				s.steps = append(s.steps, p.last())
				continue
			}
			s.steps = append(s.steps, p.steps...)
			i := s.installationOf(c.Name)
			switch {
			case i == nil:
				s.elsewhere = append(s.elsewhere, p)
			case s.sentTo == nil, s.sent.answer == Unknown && p.answer == Yes:
				s.sentTo, s.sent = i, p
				s.note(Yes, p.where(), "failurePolicy", "%s", failureText(entry))
			}
		}
	}
}

func (o *Observation) installationOf(configuration string) *Installation {
	for _, i := range o.Installations {
		if i.Name == configuration {
			return i
		}
	}
	return nil
}

func failureText(w *admissionv1.MutatingWebhook) string {
	if ignores(w) {
		return "Ignore: while nothing answers, the pod comes without the sidecar"
	}
	return "Fail: while nothing answers, the pod is refused"
}

func ignores(w *admissionv1.MutatingWebhook) bool {
	return w.FailurePolicy != nil && *w.FailurePolicy == admissionv1.Ignore
}

func (s *subject) runs() bool { return !s.Created.IsZero() }

// explain comes to the verdict.
func (s *subject) explain() Explanation {
	now := s.decide()
	switch {
	case s.injection.Injected && s.runs():
		e := Explanation{Verdict: Injected, Reason: now.Reason, Because: "it carries the injection of " + s.injection.By()}
		if now.Verdict != WouldBeInjected {
			e.Because, e.Next = e.Because+"; "+now.text(), now.Next
		}
		return e
	case s.runs() && now.Verdict == WouldBeInjected:
		return s.tooLate()
	case s.runs():
		if now.Verdict != WouldBeLeftAlone {
			now.Because = "it carries no injection; " + now.text()
		}
		now.Verdict = NotInjected
		if now.Next != "" && now.Reason != NotLookedAt {
			now.Next += "; then " + s.restart()
		}
	}
	return now
}

// text is what would become of the pod, as part of a sentence.
func (e Explanation) text() string {
	would := map[Verdict]string{
		WouldBeInjected:  "it would be injected",
		WouldBeLeftAlone: "it would not be injected",
		Refused:          "it would be refused",
		Undecided:        "it cannot be told whether it would be injected",
	}
	return "created now, " + would[e.Verdict] + ": " + e.Because
}

// decide says what becomes of the pod when it is created now.
func (s *subject) decide() Explanation {
	switch {
	case s.sentTo == nil && len(s.elsewhere) > 0:
		return Explanation{
			Verdict: Undecided, Reason: OtherInjector,
			Because: fmt.Sprintf("MutatingWebhookConfiguration %s gets it, and Outrigger does not", s.elsewhere[0].configuration),
		}
	case s.sentTo == nil:
		return s.notSent()
	}
	e := s.ask()
	if s.Namespaces.Err != nil && e.Verdict == WouldBeInjected {
		return s.namespaceUnknown()
	}
	if s.sent.answer == Unknown && e.Verdict == WouldBeInjected {
		e.Verdict, e.Reason = Undecided, ConditionUnknown
		e.Because = "a matchCondition decides that is not known here: " + s.sent.unknown()
	}
	for _, f := range s.sentTo.only(s.sent.entry).judge(s.Observation) {
		if f.failsCalls() {
			e.Faults = append(e.Faults, f)
		}
	}
	if len(e.Faults) > 0 {
		f := e.Faults[0]
		e.Verdict, e.Reason, e.Because, e.Next = Refused, f.Reason, f.Subject+": "+f.What, f.Next
		if ignores(s.sent.entry) {
			e.Verdict = WouldBeLeftAlone
		}
	}
	if e.Verdict == WouldBeInjected && len(s.elsewhere) > 0 {
		e.Next = "MutatingWebhookConfiguration " + s.elsewhere[0].configuration + " gets it too: leave one of the two (docs/migrating.md)"
	}
	return e
}

// only is the installation with one entry of its webhook configuration: what is
// wrong with the others fails no call for the pods of this one.
func (i *Installation) only(entry *admissionv1.MutatingWebhook) *Installation {
	one, webhook := *i, *i.Webhook
	webhook.Webhooks = []admissionv1.MutatingWebhook{*entry}
	one.Webhook = &webhook
	one.Certificates.Value.Webhooks = slices.DeleteFunc(slices.Clone(i.Certificates.Value.Webhooks), func(w certs.WebhookStatus) bool {
		return w.Name != entry.Name
	})
	return &one
}

// failsCalls says whether the finding alone makes calls of the webhook fail.
func (f Finding) failsCalls() bool {
	return f.Severity == Error && slices.Contains([]Reason{
		ServiceMissing, ServicePort, NoEndpoints, BundleEmpty, BundleDistrusts, CertificateExpired, CertificateName,
	}, f.Reason)
}

// ask has the engine decide, as the replicas do.
func (s *subject) ask() Explanation {
	subject, engine, findings := s.sentTo.engine(s.OpenShift)
	if engine == nil {
		e := Explanation{Verdict: Undecided, Reason: NotLookedAt, Because: subject + " was not looked at"}
		for _, f := range findings {
			s.note(Unknown, f.Subject, "configuration", "%s", f.What)
			e.Reason, e.Because, e.Next = f.Reason, f.Subject+": "+f.What, f.Next
		}
		return e
	}
	request := inject.Request{
		Pod: s.before, Namespace: s.Pod.Namespace, NamespaceAnnotations: s.namespace.Annotations,
		NativeSidecars: s.nativeSidecars(),
		Params:         inject.ParsePath(pathOf(s.sent.entry)), ProxyConfigs: s.ProxyConfigs.Value,
	}
	result, err := engine.Inject(request)
	reason := Reason(result.Decision.Reason)
	for _, warning := range result.Warnings {
		s.note(Unknown, subject, "warning", "%s", warning)
	}
	switch {
	case err != nil:
		message := strings.ReplaceAll(err.Error(), "\n", "; ")
		s.note(No, subject, string(reason), "%s", message)
		return Explanation{Verdict: Refused, Reason: reason, Because: message, Next: "correct it in the workload"}
	case !result.Decision.Inject:
		s.note(No, subject, string(reason), "%s", result.Decision.Detail)
		return Explanation{Verdict: WouldBeLeftAlone, Reason: reason, Because: result.Decision.Detail, Next: nextOf(result.Decision.Reason)}
	}
	if s.runs() && s.injection.Injected {
		s.would = s.wouldBe(engine, request)
	}
	added := strings.Join(append(slices.Clone(result.InitContainers), result.Containers...), ", ")
	s.note(Yes, subject, string(reason), "%s; it adds %s", result.Decision.Detail, added)
	if err := s.ProxyConfigs.Err; err != nil {
		s.note(Unknown, "ProxyConfigs", "proxy", "they were not looked at: %v", err)
	}
	for _, setting := range engine.Settings(request) {
		s.note(Yes, setting.Of.String(), "proxy", "it sets %s to %q", setting.Field, setting.Value)
	}
	return Explanation{
		Verdict: WouldBeInjected, Reason: reason,
		Because: fmt.Sprintf("%s sends it to revision %s, and %s", s.sent.configuration, revisionName(s.sentTo.Revision), result.Decision.Detail),
	}
}

// pathOf is what the API server calls, which has parameters in it.
func pathOf(w *admissionv1.MutatingWebhook) string {
	if service := w.ClientConfig.Service; service != nil && service.Path != nil {
		return *service.Path
	}
	if w.ClientConfig.URL != nil {
		if u, err := url.Parse(*w.ClientConfig.URL); err == nil {
			return u.Path
		}
	}
	return ""
}

// nextOf is what to do where the configuration or the pod itself keeps the
// sidecar away, and that is not what was meant.
func nextOf(r inject.Reason) string {
	switch r {
	case inject.LabelDisabled, inject.AnnotationDisabled:
		return "if it is to be injected, take " + webhook.LabelInject + " off the pod template"
	case inject.PolicyDisabled, inject.NeverInjectSelector:
		return "if it is to be injected, label the pod template sidecar.istio.io/inject=true"
	case inject.PolicyInvalid:
		return "set the configuration's policy to enabled or disabled"
	default:
		return ""
	}
}
