package inject

import (
	"context"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Request is one pod, or the pod template of one workload, to decide about.
type Request struct {
	// Context ends the work once its time is up or whoever asked is gone, with reason
	// OutOfTime. Nil: nothing does.
	Context context.Context
	// Pod is the JSON of the pod as it came: an object with metadata and spec.
	// The patch of the Result applies to these very bytes.
	Pod []byte
	// Namespace is the namespace the pod is to be created in. Empty: what the
	// pod's metadata says.
	Namespace string
	// Workload names the object that a pod template stands in. Nil for a pod
	// that comes to the webhook: its workload is found from its owner, as is that
	// of a Pod in a manifest.
	Workload *Workload
	// Params come from the URL path of the webhook call.
	Params Params
	// NativeSidecars puts the proxy among the init containers, with
	// restartPolicy Always. A pod's annotation overrides it.
	NativeSidecars bool
	// NamespaceAnnotations are those of the pod's Namespace. Only read on
	// OpenShift, whose user id ranges stand in them.
	NamespaceAnnotations map[string]string
	// ProxyConfigs are the mesh's ProxyConfig resources; nil for none.
	ProxyConfigs *mesh.Resources
	// Earlier says what becomes of an injection that the pod already carries.
	Earlier Earlier
}

// Workload identifies the object that owns a pod template.
type Workload = pod.Workload

// Params is what the URL path of a webhook call says of the pods it sends.
type Params struct {
	// Env are variables for the proxy, by name (spec: injection.md section 4).
	Env map[string]string
}

// Result is what the engine found and wants done.
type Result struct {
	Decision Decision
	// Patch turns Request.Pod into the injected pod. Empty where nothing is to
	// be done.
	Patch tree.Patch
	// Warnings are for the person who made the pod: things that were ignored.
	Warnings []string
	// Workload is the owner that was found or given.
	Workload Workload
	// InitContainers and Containers are the names that injection put in.
	InitContainers, Containers []string
	// Replaced is the earlier injection that was taken off, under ReplaceEarlier.
	// Nil where there was none.
	Replaced *Uninjected
}
