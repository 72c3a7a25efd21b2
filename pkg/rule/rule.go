package rule

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Rule is one thing that injection does to a pod. Its fields are its settings, by
// which formats differ; Revert knows what any of them may have written.
type Rule interface {
	// Name is what the account, the command and the docs call it.
	Name() string
	// Apply returns the pod as the rule leaves it.
	Apply(p *tree.Value, f *Facts) (*tree.Value, error)
	// Revert takes off what Apply did, as far as the pod shows it, and notes what it
	// cannot know.
	Revert(r *Removal)
}

// Facts are what rules know of an injection beside the pod that they work on.
type Facts struct {
	// Came is the pod as it came, and Original the one that is injected: what a platform
	// put into it is taken off.
	Came, Original *tree.Value
	// Overlays are what the templates rendered, in their order.
	Overlays []Rendered
	// Template is what they alone make of an empty pod. Rule Overlay finds it.
	Template *tree.Value
	// Rendered is the text of the template as it was read, in the formats of one
	// template, where it is no pod (1.0 to 1.8).
	Rendered *tree.Value
	Workload pod.Workload
	// FromManifest says that the pod is the template in a manifest.
	FromManifest bool
	// Revision is the control plane's; empty for the default one.
	Revision string
	// Env is what the URL path of the call says, by variable.
	Env map[string]string
	// Values are those of the configuration.
	Values podtemplate.Values
	Mesh   Mesh
}

// Mesh is what rules go by of the mesh's configuration, with the pod's own laid over
// it where it says so.
type Mesh struct {
	// StatusPort is the agent's in the mesh's configuration.
	StatusPort int32
	// MergePrometheus says that the agent serves the application's metrics too.
	MergePrometheus bool
	// HoldApplication starts the proxy before the application; the pod's own counts.
	HoldApplication bool
	// TransparentProxy is interception mode TPROXY; the pod's own counts.
	TransparentProxy bool
	// SDS says that secrets come from an agent of the node (sdsUdsPath, to 1.7).
	SDS bool
}

// All are the rules of every format, in the order in which they are applied.
var All = []Rule{
	OpenShift{},
	Overlay{},
	TemplateMetadata{},
	Labels{},
	Redirection{},
	DNS{},
	PodSecurity{},
	Overrides{},
	ClusterEnv{},
	Prometheus{},
	Probes{},
	Network{},
	Status{},
	InjectedAnnotations{},
	Order{},
}
