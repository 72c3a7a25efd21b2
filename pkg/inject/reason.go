package inject

// Reason says why a pod is injected, skipped or refused. The vocabulary is
// closed: the log, the metrics, the command's report and the audit annotation
// all print one of these words.
type Reason string

// Reasons to inject.
const (
	LabelEnabled         Reason = "LabelEnabled"         // label sidecar.istio.io/inject is true
	AnnotationEnabled    Reason = "AnnotationEnabled"    // annotation sidecar.istio.io/inject is true
	AlwaysInjectSelector Reason = "AlwaysInjectSelector" // the configuration's alwaysInjectSelector matches
	PolicyEnabled        Reason = "PolicyEnabled"        // nothing speaks against it and the policy is enabled
)

// Reasons to leave a pod as it is.
const (
	HostNetwork         Reason = "HostNetwork"         // the pod shares the node's network
	WindowsPod          Reason = "WindowsPod"          // the pod is for Windows, where the sidecar does not run
	NamespaceIgnored    Reason = "NamespaceIgnored"    // a namespace that is never injected, such as kube-system
	LabelDisabled       Reason = "LabelDisabled"       // label sidecar.istio.io/inject is false
	AnnotationDisabled  Reason = "AnnotationDisabled"  // annotation sidecar.istio.io/inject is false
	NeverInjectSelector Reason = "NeverInjectSelector" // the configuration's neverInjectSelector matches
	PolicyDisabled      Reason = "PolicyDisabled"      // the configuration's policy is disabled
	PolicyInvalid       Reason = "PolicyInvalid"       // the configuration's policy is no known word
	AlreadyInjected     Reason = "AlreadyInjected"     // an earlier injection is to be kept
)

// Reasons to refuse a pod.
const (
	InvalidPod        Reason = "InvalidPod"        // what came is not a pod
	InvalidAnnotation Reason = "InvalidAnnotation" // an annotation or label has a value that cannot be used
	TemplateUnknown   Reason = "TemplateUnknown"   // the pod asks for a template that the configuration lacks
	TemplateFailed    Reason = "TemplateFailed"    // a template does not render, or not to a pod
	InvalidResult     Reason = "InvalidResult"     // Kubernetes would refuse what injection makes of the pod
	OutOfTime         Reason = "OutOfTime"         // the call's time is up, or its caller gone, before the pod is injected
)

// Decision is whether a pod is injected, and why.
type Decision struct {
	Inject bool
	Reason Reason
	// Detail is the sentence for people that goes with the reason, with the
	// label, annotation, namespace or selector that decided.
	Detail string
}
