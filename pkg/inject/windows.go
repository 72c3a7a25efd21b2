package inject

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// osLabels are those by which nodes say their system.
var osLabels = []string{"kubernetes.io/os", "beta.kubernetes.io/os"}

// windowsBuild is a label that only nodes with Windows have.
const windowsBuild = "node.kubernetes.io/windows-build"

// windowsBy says what makes a pod one for Windows, "" where nothing does.
func windowsBy(spec *tree.Value) string {
	if spec.Get("os", "name").Text() == "windows" {
		return "os.name is windows"
	}
	for _, label := range osLabels {
		if spec.Get("nodeSelector", label).Text() == "windows" {
			return "nodeSelector " + label + " is windows"
		}
	}
	if spec.Get("nodeSelector", windowsBuild) != nil {
		return "nodeSelector " + windowsBuild + " is one of Windows"
	}
	// One of the terms is enough for a node, so all of them have to say it.
	terms := spec.Get("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Items()
	if len(terms) > 0 && !slices.ContainsFunc(terms, func(term *tree.Value) bool {
		return !slices.ContainsFunc(term.Get("matchExpressions").Items(), wantsWindows)
	}) {
		return "nodeAffinity wants Windows"
	}
	return ""
}

// wantsWindows tells an expression of a node affinity that only nodes with Windows match.
func wantsWindows(expression *tree.Value) bool {
	key, operator := expression.Get("key").Text(), expression.Get("operator").Text()
	if key == windowsBuild {
		return operator == "In" || operator == "Exists"
	}
	values := expression.Get("values").Items()
	return operator == "In" && slices.Contains(osLabels, key) && len(values) == 1 && values[0].Text() == "windows"
}
