package podtemplate

import (
	"fmt"
	"slices"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"

	"github.com/outrigger-io/outrigger/internal/parsetree"
)

// Pods share the values and the mesh's configuration. Nothing that a template calls
// may change them: functions that change a map work on the template's own copy of
// the values, functions that order a list order a copy, and methods that change a
// message cannot be called.

// changing are the functions that change the map they are given.
var changing = map[string]bool{
	"set": true, "unset": true, "merge": true, "mergeOverwrite": true, "mustMerge": true, "mustMergeOverwrite": true,
}

// copied is a value of YAML with maps and lists of its own.
func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		own := make(map[string]any, len(v))
		for key, value := range v {
			own[key] = copied(value)
		}
		return own
	case Values:
		return copied(map[string]any(v))
	case []any:
		own := make([]any, len(v))
		for i, value := range v {
			own[i] = copied(value)
		}
		return own
	default:
		return v
	}
}

var sprigSortAlpha = sprig.TxtFuncMap()["sortAlpha"].(func(any) []string)

// sortAlpha is sprig's, which orders a list of texts in place.
func sortAlpha(list any) []string {
	if texts, ok := list.([]string); ok {
		list = slices.Clone(texts)
	}
	return sprigSortAlpha(list)
}

// refused are methods of messages by which they can be changed.
var refused = []string{"ProtoReflect", "UnmarshalJSON", "UnmarshalJSONPB", "Reset", "ProtoMessage", "Unmarshal"}

func refuseMethods(t *template.Template) (err error) {
	parsetree.Each(t, func(of *parse.Tree, n parse.Node) {
		var names []string
		switch n := n.(type) {
		case *parse.FieldNode:
			names = n.Ident
		case *parse.VariableNode:
			names = n.Ident[1:]
		case *parse.ChainNode:
			names = n.Field
		}
		for _, name := range names {
			if slices.Contains(refused, name) && err == nil {
				at, _ := of.ErrorContext(n)
				err = fmt.Errorf("template: %s: templates cannot call %s, which can change what pods share", at, name)
			}
		}
	})
	return err
}

// callsAny says whether a template calls one of the functions.
func callsAny(t *template.Template, functions map[string]bool) (found bool) {
	parsetree.Each(t, func(_ *parse.Tree, n parse.Node) {
		if name, ok := n.(*parse.IdentifierNode); ok {
			found = found || functions[name.Ident]
		}
	})
	return found
}
