package rule

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Network writes the pod's network, where it is known, as label
// topology.istio.io/network.
type Network struct{}

// Name implements Rule.
func (Network) Name() string { return "network" }

// Apply implements Rule.
func (Network) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	if network := f.network(); network != "" {
		p = pod.WithLabel(p, pod.NetworkLabel, network)
	}
	return p, nil
}

// Revert takes off a label that says what the proxy's variable says.
func (Network) Revert(r *Removal) {
	network := pod.Labels(r.pod).Value(pod.NetworkLabel)
	if network == "" || pod.Find(r.proxy.Get("env").Items(), pod.NetworkVariable).Get("value").Text() != network {
		return
	}
	r.drop("metadata", "labels", pod.NetworkLabel)
	r.doubt("metadata.labels."+pod.NetworkLabel, "injection sets it to the mesh's network, %q, and it was taken off, but the workload may have named it itself", network)
}
