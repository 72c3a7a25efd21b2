package workbench

import (
	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Start is what the page begins with.
type Start struct {
	Version       string        `json:"version"`
	Manifest      Sample        `json:"manifest"`
	Configuration Configuration `json:"configuration"`
	Settings      Settings      `json:"settings"`
	// Samples and Profiles are the page's menus.
	Samples  []Sample        `json:"samples"`
	Profiles []Configuration `json:"profiles"`
	// TestFolder is where tests are saved. Empty: they are downloaded.
	TestFolder string `json:"testFolder"`
}

// Sample is a manifest to start from.
type Sample struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Configuration is the text of an injection configuration, by the keys of the
// ConfigMaps that hold it.
type Configuration struct {
	// Name says where it came from, such as "profile istio".
	Name   string `json:"name"`
	Config string `json:"config"`
	Values string `json:"values"`
	Mesh   string `json:"mesh"`
	// Revision is that of its control plane, where the ConfigMaps say it. That of
	// the Settings counts more.
	Revision string `json:"revision,omitempty"`
}

func (c Configuration) sources() inject.Sources {
	return inject.Sources{Config: []byte(c.Config), Values: []byte(c.Values), Mesh: []byte(c.Mesh)}
}

// NewConfiguration is a configuration as the page has it.
func NewConfiguration(name string, s inject.Sources) Configuration {
	return Configuration{Name: name, Config: string(s.Config), Values: string(s.Values), Mesh: string(s.Mesh)}
}

// The two ways to be injected.
const (
	AsCommand = "command" // as `outrigger inject` does it to manifests
	AsWebhook = "webhook" // as the workloads' pods are when they are created
)

// Settings are what a request says beside the pod.
type Settings struct {
	// As is AsCommand or AsWebhook.
	As        string `json:"as"`
	Namespace string `json:"namespace"`
	// NamespaceLabels decide whether the webhook is sent the pod.
	NamespaceLabels map[string]string `json:"namespaceLabels,omitempty"`
	// NamespaceAnnotations hold the ranges of ids on OpenShift.
	NamespaceAnnotations map[string]string `json:"namespaceAnnotations,omitempty"`
	Revision             string            `json:"revision"`
	NativeSidecars       bool              `json:"nativeSidecars"`
	// Platform is empty or "openshift".
	Platform string `json:"platform"`
}

// InjectRequest is manifests to inject.
type InjectRequest struct {
	Manifest      string        `json:"manifest"`
	Configuration Configuration `json:"configuration"`
	Settings      Settings      `json:"settings"`
}

// Answer is what became of manifests.
type Answer struct {
	// Text is the manifests with the injection. Empty where there are errors.
	Text string `json:"text"`
	// Problems are errors and warnings at their places.
	Problems []Problem `json:"problems"`
	// Workloads are in the order of the text.
	Workloads []Workload `json:"workloads"`
	// Marks are the lines of Text that injection wrote.
	Marks []Mark `json:"marks"`
	// Fields are what it wrote there, one by one: leaves, and what is gone.
	Fields []Field `json:"fields"`
}

// The panes of the page, in which places are.
const (
	PaneManifest = "manifest"
	PaneConfig   = "config"
	PaneValues   = "values"
	PaneMesh     = "mesh"
)

// Place is a line of a pane. Lines count from 1.
type Place struct {
	Pane string `json:"pane"`
	Line int    `json:"line"`
}

// Problem is an error or a warning.
type Problem struct {
	// Severity is "error" or "warning".
	Severity string `json:"severity"`
	Place
	// Object is the workload it is about, if it is about one.
	Object  string `json:"object,omitempty"`
	Message string `json:"message"`
}

// Workload is one object with a pod template.
type Workload struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Line is where it begins in the manifest, ResultLine where in the result.
	Line       int `json:"line"`
	ResultLine int `json:"resultLine,omitempty"`
	// Outcome is injected, unchanged, skipped or refused.
	Outcome string        `json:"outcome"`
	Reason  inject.Reason `json:"reason"`
	Detail  string        `json:"detail"`
	// Rules are how it came to that, in the order in which they are asked.
	Rules []explain.Step `json:"rules"`
	// Added are the names of the containers that injection put in.
	Added []string `json:"added,omitempty"`
}

// Outcomes of a workload.
const (
	injected  = "injected"
	unchanged = "unchanged" // it was injected before, with this configuration
	skipped   = "skipped"
	refused   = "refused"
)

// Mark is a run of lines.
type Mark struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Change string `json:"change"`
}

// Field is one value that injection wrote or took away.
type Field struct {
	// Workload is an index of Answer.Workloads.
	Workload int `json:"workload"`
	explain.Field
	explain.Lines
	// By is what wrote it, absent where that is not known.
	By *Writer `json:"by,omitempty"`
}

// The kinds of a Writer.
const (
	ByTemplate = string(inject.ByTemplate) // a line of a template
	ByRule     = string(inject.ByRule)     // what injection does beside templates
	ByOverride = string(inject.ByOverride) // the user's own container, laid over the template's
)

// Writer is what wrote a field.
type Writer struct {
	Kind string `json:"kind"`
	// Template and Line, in its own text, of ByTemplate.
	Template string `json:"template,omitempty"`
	Line     int    `json:"line,omitempty"`
	// Rule is the name of it, of ByRule.
	Rule string `json:"rule,omitempty"`
	// At is where that stands in the panes.
	At *Place `json:"at,omitempty"`
	// Reads are what the writer went by.
	Reads []Read `json:"reads,omitempty"`
}

// Read is a value that a writer went by.
type Read struct {
	// Kind is values, mesh, proxyconfig, annotation, label, pod, workload or setting.
	Kind string `json:"kind"`
	Path string `json:"path"`
	// Value is "(not set)" where there was none.
	Value string `json:"value"`
	// From says, of a value of the ProxyConfig, where that has it from.
	From string `json:"from,omitempty"`
	At   *Place `json:"at,omitempty"`
}

// CompareRequest is manifests to inject with two configurations.
type CompareRequest struct {
	Manifest string        `json:"manifest"`
	Before   Configuration `json:"before"`
	After    Configuration `json:"after"`
	Settings Settings      `json:"settings"`
}

// Comparison is what two configurations make of the same manifests.
type Comparison struct {
	Before    Answer               `json:"before"`
	After     Answer               `json:"after"`
	Workloads []WorkloadComparison `json:"workloads"`
}

// WorkloadComparison is what differs in one workload.
type WorkloadComparison struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Before and After are the outcomes.
	Before      string               `json:"before"`
	After       string               `json:"after"`
	Differences []explain.Difference `json:"differences"`
}

// OpenRequest is a text that somebody chose as a configuration: ConfigMaps, or
// the text of key "config".
type OpenRequest struct {
	Name     string `json:"name"`
	Text     string `json:"text"`
	Revision string `json:"revision"`
}

// Opened is such a text, taken apart.
type Opened struct {
	Configuration
	// Keys are those of the ConfigMaps that were in it.
	Keys []string `json:"keys"`
}

// TestRequest is what to make a case for `outrigger test` of.
type TestRequest struct {
	InjectRequest
	// Name of the case's folder.
	Name string `json:"name"`
}

// SavedTest is where a case was written.
type SavedTest struct {
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
}
