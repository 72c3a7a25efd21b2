package check

import (
	"slices"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
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
	{"context deadline exceeded", "no answer came in time: a network that does not let the API server through, or replicas that are overloaded", "outrigger check; docs/troubleshooting.md"},
	{"connection refused", "nothing listens where the webhook configuration calls", "outrigger check"},
	{"denied the request", "Outrigger or another webhook refused the pod itself", "correct in the workload what the message names"},
	{"failed calling webhook", "a webhook could not be called", "outrigger check"},
	{"exceeded quota", "it is the namespace's quota, not injection, that keeps it out", ""},
	{"forbidden", "it is not injection that keeps it out", ""},
}

// failure is the newest event that says a workload's pods could not be created.
type failure struct {
	about   string // kind and name of what creates them
	message string
	at      time.Time
}

// belongs tells by its name whether an object is a workload, or is the ReplicaSet
// or Job of one: theirs end with a hash or a time.
func belongs(object, workload string) bool {
	rest, ok := strings.CutPrefix(object, workload+"-")
	return object == workload || ok && !strings.Contains(rest, "-")
}

// failureOf finds it for a workload.
func failureOf(events []eventsv1.Event, name string) (failure, bool) {
	var newest failure
	for _, e := range events {
		if e.Reason != "FailedCreate" || !belongs(e.Regarding.Name, name) {
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

// ExplainAbsence says why a workload has no pods, by what its controller was
// told. ok is false where it was told nothing.
func ExplainAbsence(events []eventsv1.Event, subject, name string) (e Explanation, ok bool) {
	f, ok := failureOf(events, name)
	if !ok {
		return Explanation{}, false
	}
	e = Explanation{Subject: subject, Verdict: Refused, Reason: CreationFailed, Because: f.message, Steps: []Step{f.step()}}
	if n := slices.IndexFunc(symptoms, func(s symptom) bool { return strings.Contains(f.message, s.text) }); n >= 0 {
		e.Because, e.Next = symptoms[n].why, symptoms[n].next
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
