package webhook

import (
	"net/http"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Reasons of the server's own, beside those of the engine, for calls that never
// reach it or that it does not explain.
const (
	NotAPod      inject.Reason = "NotAPod"      // the call is about something else, or a subresource
	NotACreation inject.Reason = "NotACreation" // a pod that exists already cannot be given a container

	InvalidReview    inject.Reason = "InvalidReview"    // what came is no AdmissionReview that can be answered
	Overloaded       inject.Reason = "Overloaded"       // there is no room for the call beside those under way
	NoConfiguration  inject.Reason = "NoConfiguration"  // no configuration has compiled yet
	NamespaceUnknown inject.Reason = "NamespaceUnknown" // the namespace's annotations are needed and not to be had
	UnexplainedError inject.Reason = "UnexplainedError" // the engine refused and gave no reason
	Panic            inject.Reason = "Panic"            // a fault of the program itself
)

// outcome is which of three ends a call came to. Its values are words that the
// log and the audit annotations print.
type outcome string

const (
	injected outcome = "injected"
	skipped  outcome = "skipped"
	refused  outcome = "refused"
)

// verdict is all that there is to say about one call.
type verdict struct {
	outcome  outcome
	reason   inject.Reason
	detail   string
	workload inject.Workload
	patch    tree.Patch // empty where nothing is to be changed
	warnings []string

	// Of a refusal: why, for people, and which HTTP status says so best.
	message string
	code    int
	// unanswerable is a refusal of something that is no review, and so has no
	// uid to answer to: the code is that of the HTTP response.
	unanswerable bool
}

func skip(reason inject.Reason) verdict {
	return verdict{outcome: skipped, reason: reason}
}

func refuse(reason inject.Reason, code int, message string) verdict {
	return verdict{outcome: refused, reason: reason, code: code, message: message}
}

func unanswerable(code int, message string) verdict {
	v := refuse(InvalidReview, code, message)
	v.unanswerable = true
	return v
}

// refusalCode tells whose fault a refusal is: that of the pod (4xx, creating it
// again is no use until it changes) or that of the configuration (5xx).
func refusalCode(reason inject.Reason) int {
	switch reason {
	case inject.InvalidPod:
		return http.StatusBadRequest
	case inject.InvalidAnnotation, inject.TemplateUnknown:
		return http.StatusUnprocessableEntity
	case inject.OutOfTime:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}
