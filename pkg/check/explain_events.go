package check

import (
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// symptom is a message that people see where a pod is not created, and what it
// means.
type symptom struct {
	text string // that it contains
	why  string
	next string
}

// symptoms begin with the ones that say most. docs/troubleshooting.md has them all.
var symptoms = []symptom{
	{"x509: certificate signed by unknown authority", "the API server does not trust what Outrigger serves", "outrigger check"},
	{"x509: certificate has expired", "the certificate that Outrigger serves has expired", "outrigger check"},
	{"x509:", "the API server does not accept what Outrigger serves", "outrigger check"},
	{"no endpoints available", "no replica of Outrigger is ready", "outrigger check"},
	{"Address is not allowed", "the API server may not call the addresses that pods have", "have replicas use their nodes' network: --set hostNetwork=true (docs/install.md)"},
	{"no route to host", "the API server has no route to the replicas, or a firewall rejects its calls", "let it in to the replicas' port, 15017, or have them use their nodes' network: --set hostNetwork=true (docs/install.md)"},
	{"i/o timeout", "the API server's connection was not answered: a firewall between it and the replicas drops it, or it has no route", "let it in to the replicas' port, 15017, or have them use their nodes' network: --set hostNetwork=true (docs/install.md)"},
	{"context deadline exceeded", "no answer came in time: a firewall that drops the API server's calls, or replicas that are overloaded", "let it in to the replicas' port, 15017 (docs/install.md); if it gets there: docs/operations.md, OutriggerSlow"},
	{"connection refused", "nothing listens where the webhook configuration calls", "outrigger check"},
	{"denied the request", "Outrigger refused the pod itself", "correct in the workload what the message names"},
	{"failed calling webhook", "Outrigger could not be called", "outrigger check"},
	// What injection adds counts as well, so it may be what is too much.
	{"violates PodSecurity", "the namespace's Pod Security level does not let it in", "where the message names istio-init, which needs NET_ADMIN and NET_RAW: use the mesh's CNI plugin in its place, or label the namespace pod-security.kubernetes.io/enforce=privileged"},
	{"exceeded quota", "the namespace's quota has no room for it; what the sidecar requests counts too", "raise the quota, or have the sidecar request less (sidecar.istio.io/proxyCPU and the like, docs/annotations.md)"},
	{"forbidden", "the API server does not let it in, and no webhook is why: the message says what is", ""},
}

// webhookIn finds the webhook that a message is about.
var webhookIn = regexp.MustCompile(`(?:failed calling|admission) webhook "([^"]+)"`)

// meaningOf says what a message means, and what to do. Of others' webhooks no more
// is known than their names.
func meaningOf(message string) (why, next string, ok bool) {
	if found := webhookIn.FindStringSubmatch(message); found != nil && !strings.HasSuffix(found[1], "."+webhook.Domain) {
		return "webhook " + found[1] + ", which is not Outrigger's, keeps it out", "see to the one that the message names", true
	}
	n := slices.IndexFunc(symptoms, func(s symptom) bool { return strings.Contains(message, s.text) })
	if n < 0 {
		return "", "", false
	}
	return symptoms[n].why, symptoms[n].next, true
}

// failure is the newest event that says a workload's pods could not be created.
type failure struct {
	about   string // kind and name of what creates them
	message string
	at      time.Time
}

// belongs tells by its name whether an object is a workload, or is the ReplicaSet
// or Job of one: theirs end with a hash or a time.
func belongs(object corev1.ObjectReference, workload string) bool {
	rest, made := strings.CutPrefix(object.Name, workload+"-")
	switch {
	case object.Name == workload:
		return true
	case object.Kind == "ReplicaSet":
		return made && !strings.Contains(rest, "-")
	case object.Kind == "Job":
		return made && strings.Trim(rest, "0123456789") == ""
	default:
		return false
	}
}

// NewestPod is the pod of a workload that was created last, nil where it has none.
func NewestPod(pods []corev1.Pod, workload string) *corev1.Pod {
	var newest *corev1.Pod
	for n := range pods {
		pod := &pods[n]
		owner := metav1.GetControllerOf(pod)
		if owner == nil || !belongs(corev1.ObjectReference{Kind: owner.Kind, Name: owner.Name}, workload) {
			continue
		}
		if newest == nil || newest.CreationTimestamp.Before(&pod.CreationTimestamp) {
			newest = pod
		}
	}
	return newest
}

// failureOf finds it for a workload.
func failureOf(events []eventsv1.Event, name string) (failure, bool) {
	var newest failure
	for _, e := range events {
		if e.Reason != "FailedCreate" || !belongs(e.Regarding, name) {
			continue
		}
		at := e.EventTime.Time
		if at.IsZero() {
			at = e.DeprecatedLastTimestamp.Time
		}
		if e.Series != nil && e.Series.LastObservedTime.After(at) {
			at = e.Series.LastObservedTime.Time
		}
		if newest.message == "" || at.After(newest.at) {
			newest = failure{e.Regarding.Kind + " " + e.Regarding.Name, e.Note, at}
		}
	}
	return newest, newest.message != ""
}

// ExplainAbsence says why a workload has no pods, or none after its newest, by what
// its controller was told since that one was created. ok is false where it was told
// nothing.
func ExplainAbsence(events []eventsv1.Event, subject, name string, newest *corev1.Pod) (e Explanation, ok bool) {
	f, ok := failureOf(events, name)
	if !ok || newest != nil && !f.at.After(newest.CreationTimestamp.Time) {
		return Explanation{}, false
	}
	e = Explanation{Subject: subject, Verdict: Refused, Reason: CreationFailed, Because: f.message, Steps: []Step{f.step()}}
	if why, next, known := meaningOf(f.message); known {
		e.Because, e.Next = why, next
	}
	return e, true
}

func (f failure) step() Step {
	return Step{No, f.about, "event FailedCreate at " + f.at.UTC().Format(time.RFC3339), f.message}
}

// AddFailure adds to an explanation of what would be what last was.
func (e *Explanation) AddFailure(events []eventsv1.Event, name string) {
	if f, ok := failureOf(events, name); ok {
		e.Steps = append(e.Steps, f.step())
	}
}
