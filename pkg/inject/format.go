package inject

import (
	"reflect"
	"text/template"

	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// format is one line of the injector's configuration format. All in which formats
// differ is a field here; nothing else asks which format a configuration has.
type format struct {
	// name is how people are told: the releases whose configurations are like it.
	name string
	// oneTemplate says that there is one template, which renders to lists of the pod's
	// spec, and that no pod can ask for another.
	oneTemplate bool
	// left and right are the delimiters of templates, functions what they can call.
	left, right string
	functions   func(*configuration) template.FuncMap
	// data is the type of what templates see of a pod, view what gathers it, and the
	// facts that rules go by.
	data reflect.Type
	view func(c *configuration, j *job, seen *tree.Value, f *rule.Facts) (any, error)
	// readMesh reads the mesh's configuration.
	readMesh func(c *configuration, text []byte) error
	// decide says whether a pod is injected. It adds to the job's warnings.
	decide func(*configuration, *job) Decision
	// checks are of the pod's annotations, before anything is rendered.
	checks rule.Checks
	// earlier takes off what an earlier injection put in: base is the pod that is
	// injected, seen what templates see of it.
	earlier func(c *configuration, p *tree.Value) (base, seen *tree.Value, err error)
	// rules are applied in this order.
	rules func(*configuration) []rule.Rule
}

// formats are known by the first that says so of a configuration.
var formats = []struct {
	format
	is func(config *tree.Value) bool
}{
	{is: has("templates"), format: format{
		name: "1.27 to 1.30",
		left: "{{", right: "}}",
		functions: (*configuration).currentFunctions,
		data:      reflect.TypeFor[podtemplate.View](),
		view:      (*configuration).currentView,
		readMesh:  (*configuration).readMesh,
		decide:    (*configuration).decideByRules,
		checks:    rule.CurrentChecks,
		earlier:   (*configuration).seenWithoutInjection,
		rules: func(c *configuration) []rule.Rule {
			return []rule.Rule{
				rule.Overlay{},
				rule.Overrides{},
				rule.ClusterEnv{},
				rule.Prometheus{},
				rule.Probes{},
				rule.Network{},
				rule.Status{},
				rule.InjectedAnnotations{Annotations: c.injectedAnnotations},
				rule.Order{},
			}
		},
	}},
	{is: has("template"), format: format{
		name:        "1.0",
		oneTemplate: true,
		left:        "[[", right: "]]",
		functions: func(*configuration) template.FuncMap { return podtemplate.V1Functions },
		data:      reflect.TypeFor[podtemplate.V1View](),
		view:      (*configuration).v1View,
		readMesh:  (*configuration).readV1Mesh,
		decide:    (*configuration).decideByAnnotation,
		checks:    rule.V1Checks,
		earlier:   (*configuration).withoutAppended,
		rules: func(c *configuration) []rule.Rule {
			return []rule.Rule{rule.Overlay{Append: true}, rule.Status{Version: c.version}}
		},
	}},
}

func has(key string) func(*tree.Value) bool {
	return func(config *tree.Value) bool { return config.Get(key) != nil }
}

// formatOf recognises the format of a configuration; nil for none that is known.
func formatOf(config *tree.Value) *format {
	for i := range formats {
		if formats[i].is(config) {
			return &formats[i].format
		}
	}
	return nil
}
