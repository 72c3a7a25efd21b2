package inject

import "github.com/outrigger-io/outrigger/pkg/podtemplate"

// Account says what wrote each field that injection added or changed.
type Account struct {
	// Writers are by the JSON pointer of a leaf of the injected pod: a scalar, or a
	// list or object with nothing in it. A leaf that came with the pod has none.
	Writers map[string]Writer
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
type Condition struct {
	Template string `json:"template"`
	// Line is the condition's, from 1 in the template's own text, and Writes the line
	// that would write the field.
	Line   int `json:"line"`
	Writes int `json:"writes"`
	// Text is the condition as it stands there, without its delimiters: if .Values.x.
	Text string `json:"text"`
	// Reads are what it went by.
	Reads []Read `json:"reads,omitempty"`
}

// WhyNot says of a field that the injected pod does not have which conditions of
// templates kept them from writing it. The field is a JSON pointer, in which elements of
// lists have their names or their numbers: /spec/containers/istio-proxy/lifecycle. There
// are none where no template would write such a field.
func (a Account) WhyNot(string) []Condition { return nil }

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
