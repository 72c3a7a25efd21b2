package inject

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Account says what wrote each field that injection added or changed.
type Account struct {
	// Writers are by the JSON pointer of a leaf of the injected pod: a scalar, or a
	// list or object with nothing in it. A leaf that came with the pod has none.
	Writers map[string]Writer

	// pod is the injected one, and traces are of the templates that it got.
	pod         *tree.Value
	traces      []*podtemplate.Trace
	oneTemplate bool
}

// Writer is what wrote a field.
type Writer struct {
	Kind WriterKind `json:"kind"`
	// Template and Line, from 1 in the template's own text, of ByTemplate. Line is 0
	// where it is not known.
	Template string `json:"template,omitempty"`
	Line     int    `json:"line,omitempty"`
	// Rule is the name of the rule, of ByRule (package rule, docs/reference).
	Rule string `json:"rule,omitempty"`
	// Reads are what the line, and the conditions around it, went by.
	Reads []Read `json:"reads,omitempty"`
}

// WriterKind says what kind of thing wrote a field.
type WriterKind string

// What can write a field.
const (
	// ByTemplate is a line of a template.
	ByTemplate WriterKind = "template"
	// ByRule is what injection does beside the templates.
	ByRule WriterKind = "rule"
	// ByOverride is what the user wrote for a container of the template: in a
	// container of the pod with its name, or remembered of one by an earlier injection.
	ByOverride WriterKind = "override"
)

// Read is a value that a line of a template went by.
type Read = podtemplate.Read

// ReadKind says in what a value stands.
type ReadKind = podtemplate.ReadKind

// What templates read.
const (
	ReadValues      = podtemplate.ReadValues
	ReadMesh        = podtemplate.ReadMesh
	ReadProxyConfig = podtemplate.ReadProxyConfig
	ReadAnnotation  = podtemplate.ReadAnnotation
	ReadLabel       = podtemplate.ReadLabel
	ReadPod         = podtemplate.ReadPod
	ReadWorkload    = podtemplate.ReadWorkload
	ReadSetting     = podtemplate.ReadSetting
)

// Condition is one of a template that kept it from writing a field.
type Condition = podtemplate.Condition

// WhyNot says of a field that the injected pod does not have which conditions of
// templates kept them from writing it. The field is a JSON pointer, in which elements of
// lists have their names or their numbers: /spec/containers/istio-proxy/lifecycle. There
// are none where no template would write such a field.
func (a Account) WhyNot(path string) []Condition {
	var found []Condition
	for _, trace := range a.traces {
		found = append(found, trace.WhyNot(a.inTemplate(path))...)
	}
	return found
}

// inTemplate is a path of the pod as a template writes it: elements of lists by name.
func (a Account) inTemplate(path string) []string {
	steps := tree.Steps(path)
	at, schema := a.pod, podmerge.Pod()
	for i, step := range steps {
		if at.Kind() != tree.Array {
			at, schema = at.Get(step), schema.Field(step)
			continue
		}
		key := cmp.Or(schema.Identity(), "name")
		n, err := strconv.Atoi(step)
		if err != nil || n < 0 || n >= at.Len() {
			n = slices.IndexFunc(at.Items(), func(item *tree.Value) bool { return item.Get(key).Text() == step })
		}
		if schema = schema.Element(); n < 0 {
			at = nil
			continue
		}
		at = at.Items()[n]
		steps[i] = cmp.Or(at.Get(key).Text(), at.Text(), step)
	}
	if a.oneTemplate {
		return inText(steps)
	}
	return steps
}

// Explain is Inject, and tells what wrote each field. It goes by what the configuration
// makes of the pod anew, and remembers nothing.
//
// Of a pod whose earlier injection is replaced, the account is of what was added to and
// changed in the pod without it.
func (in *Injector) Explain(r Request) (Result, Account, error) {
	told := &ledger{}
	result, err := in.inject(r, told)
	if err != nil {
		return result, Account{}, err
	}
	return result, told.account(), nil
}
