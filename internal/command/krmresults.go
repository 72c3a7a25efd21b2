package command

import (
	"encoding/json"
	"errors"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// functionResult is one of a ResourceList's results.
type functionResult struct {
	Message     string             `json:"message"`
	Severity    string             `json:"severity"`
	ResourceRef *resourceReference `json:"resourceRef,omitempty"`
	Tags        *functionTags      `json:"tags,omitempty"`
}

type resourceReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// functionTags are for scripts.
type functionTags struct {
	Reason inject.Reason `json:"reason"`
}

func referenceTo(w manifest.Workload) *resourceReference {
	return &resourceReference{w.APIVersion, w.Kind, w.Namespace, w.Name}
}

// functionResults are what the report has, for programs.
type functionResults struct{ list []functionResult }

func (r *functionResults) add(rows []row, of *resourceReference) {
	for _, row := range rows {
		result := functionResult{Message: row.verb + ": " + row.detail, Severity: "info", ResourceRef: of}
		if row.verb == warned {
			result.Message, result.Severity = row.detail, "warning"
		}
		if row.reason != "" {
			result.Tags = &functionTags{row.reason}
		}
		r.list = append(r.list, result)
	}
}

func (r *functionResults) json() []json.RawMessage {
	var all []json.RawMessage
	for _, result := range r.list {
		text, err := json.Marshal(result)
		if err != nil {
			panic(err) // its fields are strings
		}
		all = append(all, text)
	}
	return all
}

// workloadError is what is wrong with one workload.
type workloadError struct {
	error
	of *resourceReference
}

// errorResults are all that is wrong, each a result of its own.
func errorResults(err error) []json.RawMessage {
	var results functionResults
	for _, err := range leaves(err) {
		result := functionResult{Message: tree.Abridged(err).Error(), Severity: "error"}
		if failed, ok := errors.AsType[*workloadError](err); ok {
			result.Message, result.ResourceRef = tree.Abridged(failed).Error(), failed.of
		}
		results.list = append(results.list, result)
	}
	return results.json()
}

// leaves are the errors that were joined to one.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // what is wrapped is one error
	if !ok {
		return []error{err}
	}
	var all []error
	for _, err := range joined.Unwrap() {
		all = append(all, leaves(err)...)
	}
	return all
}
