package check

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// notSent says why no entry takes the pod, by what decides: labels first of the
// pod, then of the namespace.
func (s *subject) notSent() Explanation {
	e := Explanation{Verdict: WouldBeLeftAlone}
	label, asks := wish(s.namespace)
	namespace := "namespace " + s.namespace.Name
	choice := s.choice()
	chosen := s.chosenBy(choice)
	switch {
	case s.WebhooksErr != nil:
		f := notLookedAt("whether it is sent to Outrigger", s.WebhooksErr)
		e = Explanation{Verdict: Undecided, Reason: f.Reason, Because: f.Subject + " was " + f.What, Next: f.Next}
	case s.noWebhookFor(chosen):
		e.Reason, e.Because, e.Next = WebhookMissing, "there is no webhook configuration that would send it to Outrigger", "outrigger check"
	case chosen != nil && isOff(chosen.Webhook):
		e.Reason, e.Because, e.Next = WebhookDisabled, "MutatingWebhookConfiguration "+chosen.Name+" is not enabled, so no pod is sent to Outrigger", chosen.enable()
	case chosen != nil && isClosed(chosen.Webhook):
		e.Reason, e.Because, e.Next = WebhookClosed, "MutatingWebhookConfiguration "+chosen.Name+" has no rules yet, so no pod is sent to Outrigger", "outrigger check"
	case s.hostNetwork:
		e.Reason, e.Because = Reason(inject.HostNetwork), "the pod shares its node's network (hostNetwork: true)"
	case s.windows:
		e.Reason, e.Because = WindowsPod, "the pod is for Windows, where the sidecar does not run"
	case s.exempts(s.namespace):
		e.Reason, e.Because = Reason(inject.NamespaceIgnored), namespace+" is one whose pods are never injected"
	case s.labels[webhook.LabelInject] == "false":
		e.Reason, e.Because, e.Next = Reason(inject.LabelDisabled), "the pod has the label "+webhook.LabelInject+"=false", nextOf(inject.LabelDisabled)
	case s.Namespaces.Err != nil:
		e = s.namespaceUnknown()
	case label == webhook.LabelInjection+"=disabled":
		e.Reason, e.Because, e.Next = NamespaceDisabled, namespace+" has the label "+label, "if it is to be injected: "+s.relabel(s.namespace, label)
	case label != "" && !asks:
		e.Reason, e.Because = NamespaceLabelUnknown, fmt.Sprintf("%s has the label %s, whose values are enabled and disabled", namespace, label)
		e.Next = s.relabel(s.namespace, label)
	case asks && chosen == nil:
		e.Reason, e.Because = NamespaceUnserved, fmt.Sprintf("%s asks for injection by %s, and no webhook configuration selects its pods; there are %s", namespace, label, s.revisions())
		e.Next = s.relabel(s.namespace, label)
	case choice == webhook.LabelInject+"=true" && chosen == nil:
		e.Reason, e.Because = RevisionUnserved, fmt.Sprintf("the pod has the label %s, which asks the default revision, and there are %s", choice, s.revisions())
		e.Next = "label the pod template for one of them: " + webhook.LabelRevision + "=REVISION"
	case choice != "" && chosen == nil:
		e.Reason, e.Because = RevisionUnserved, fmt.Sprintf("the pod has the label %s, and there are %s", choice, s.revisions())
		e.Next = "correct the label in the pod template"
	case choice == "":
		e.Reason = NamespaceUnlabelled
		e.Because = fmt.Sprintf("%s has neither %s nor %s, and the pod does not ask for it itself", namespace, webhook.LabelInjection, webhook.LabelRevision)
		e.Next = s.relabel(s.namespace, label)
		if s.asksByAnnotation() {
			e.Because = fmt.Sprintf("%s has neither %s nor %s, and of the pod's own wish API servers hear the label %s only, not the annotation", namespace, webhook.LabelInjection, webhook.LabelRevision, webhook.LabelInject)
			e.Next = "label the pod template " + webhook.LabelInject + "=true"
		}
	default:
		nearest, _ := nearest(s.namespace, s.candidate, chosen)
		e.Reason, e.Because = SelectorMisses, "no entry takes it; nearest comes "+nearest.text()
		e.Next = nearest.mend("take the edit of the webhook configuration back, or correct the labels")
	}
	return e
}

// asksByAnnotation says that the pod asks for injection where no API server looks.
func (s *subject) asksByAnnotation() bool {
	before, err := tree.Parse(s.before)
	return err == nil && pod.Annotations(before).Value(pod.InjectKey) == "true"
}

// namespaceUnknown is the verdict where the labels of the namespace decide, which
// could not be read.
func (s *subject) namespaceUnknown() Explanation {
	f := notLookedAt("namespace "+s.namespace.Name, s.Namespaces.Err)
	return Explanation{Verdict: Undecided, Reason: f.Reason, Because: f.Subject + " was " + f.What, Next: f.Next}
}

// choice is the label that asks for injection, of the namespace or, where that one
// says nothing, of the pod. Empty: neither asks.
func (s *subject) choice() string {
	if label, asks := wish(s.namespace); asks {
		return label
	}
	if revision, names := s.labels[webhook.LabelRevision]; names {
		return webhook.LabelRevision + "=" + revision
	}
	if s.labels[webhook.LabelInject] == "true" {
		return webhook.LabelInject + "=true"
	}
	return ""
}

// noWebhookFor says whether nothing could send a pod that chooses an installation,
// or none.
func (s *subject) noWebhookFor(chosen *Installation) bool {
	sends := func(i *Installation) bool { return i.Webhook != nil && len(i.Webhook.Webhooks) > 0 }
	if chosen != nil {
		return !sends(chosen)
	}
	return !slices.ContainsFunc(s.Installations, sends)
}

// tooLate is about a pod that would be injected now, and was not.
func (s *subject) tooLate() Explanation {
	e := Explanation{Verdict: NotInjected, Reason: PodOlder, Next: s.restart()}
	created := s.Created.UTC().Format(time.RFC3339)
	made := s.sentTo.Webhook.CreationTimestamp.Time
	labelled := labelledAt(s.namespace)
	switch {
	case s.Created.Before(made):
		e.Because = fmt.Sprintf("it would be injected now, but was created at %s, before MutatingWebhookConfiguration %s (%s)", created, s.sentTo.Name, made.UTC().Format(time.RFC3339))
	case s.Created.Before(labelled):
		e.Because = fmt.Sprintf("it would be injected now, but was created at %s, before the labels of namespace %s were set (%s)", created, s.namespace.Name, labelled.UTC().Format(time.RFC3339))
	default:
		e.Reason = NotSentThen
		e.Because = fmt.Sprintf("it would be injected now, but was not when it was created, at %s: something was different then, or nothing answered and failurePolicy was Ignore", created)
	}
	return e
}

// labelledAt is when the labels that choose injection were set last, as far as
// the namespace's managed fields tell.
func labelledAt(namespace *corev1.Namespace) (at time.Time) {
	for _, m := range namespace.ManagedFields {
		if m.FieldsV1 == nil || m.Time == nil {
			continue
		}
		fields := m.FieldsV1.String()
		if (strings.Contains(fields, `"f:`+webhook.LabelInjection+`"`) || strings.Contains(fields, `"f:`+webhook.LabelRevision+`"`)) && m.Time.After(at) {
			at = m.Time.Time
		}
	}
	return at
}

// restart is the command that has the pod created anew.
func (s *subject) restart() string {
	switch s.workload.Kind {
	case "Deployment", "StatefulSet", "DaemonSet":
		return fmt.Sprintf("kubectl -n %s rollout restart %s/%s", s.Pod.Namespace, strings.ToLower(s.workload.Kind), s.workload.Name)
	default:
		return "create it anew"
	}
}
