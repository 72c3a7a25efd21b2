package command

import (
	"encoding/json"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// jsonWorkload is a workload as scripts get it: docs/explain.md has the shape.
type jsonWorkload struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Template is where the pod template is, in an object that has several.
	Template string         `json:"template,omitempty"`
	Outcome  string         `json:"outcome"`
	Reason   inject.Reason  `json:"reason"`
	Detail   string         `json:"detail"`
	Replaces string         `json:"replaces,omitempty"`
	Added    []string       `json:"added,omitempty"`
	Rules    []explain.Step `json:"rules"`
	Warnings []string       `json:"warnings,omitempty"`
	Fields   []jsonField    `json:"fields,omitzero"`
}

// jsonField is a field with what stands there now.
type jsonField struct {
	explain.Field
	Value json.RawMessage `json:"value,omitempty"`
}

func allAsJSON(workloads []*explained) []jsonWorkload {
	list := make([]jsonWorkload, len(workloads))
	for i, e := range workloads {
		list[i] = asJSON(e)
		list[i].Fields = []jsonField{}
		if e.Explanation == nil {
			continue
		}
		for _, f := range e.Fields {
			field := jsonField{Field: f}
			field.Was = json.RawMessage(tree.Concealed(string(f.Was)))
			if f.Value != nil {
				field.Value = json.RawMessage(tree.Concealed(string(f.Value.JSON())))
			}
			list[i].Fields = append(list[i].Fields, field)
		}
	}
	return list
}

// asJSON is all of a workload but its fields.
func asJSON(e *explained) jsonWorkload {
	w := jsonWorkload{
		File: e.File, Line: e.Line, Kind: e.Kind, Namespace: e.namespace, Name: e.Name,
		Outcome: e.outcome(), Rules: []explain.Step{}, Warnings: e.warnings,
	}
	if e.Several {
		w.Template = e.Workload.Template.TemplatePath()
	}
	if e.remark != nil {
		w.Reason, w.Detail = e.remark.Reason, e.remark.Text
		return w
	}
	decision := e.Result.Decision
	w.Reason, w.Detail, w.Rules = decision.Reason, decision.Detail, e.Steps
	w.Added = slices.Concat(e.Result.InitContainers, e.Result.Containers)
	if e.Earlier.Injected {
		w.Replaces = e.Earlier.By()
	}
	return w
}
