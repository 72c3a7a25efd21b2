package rule

import (
	"encoding/json"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Redirection writes, for the CNI plugin that then redirects traffic, what the pod
// and the mesh say of it: the annotations that the template has as podRedirectAnnot
// (1.3 to 1.7). Since 1.8 they are part of the pod that the templates render.
type Redirection struct{}

// Name implements Rule.
func (Redirection) Name() string { return "redirection" }

// Apply implements Rule.
func (Redirection) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	for _, m := range f.Rendered.Get("podRedirectAnnot").Members() {
		if value := m.Value.Text(); value != "" {
			p = pod.WithAnnotation(p, m.Key, value)
		}
	}
	return p, nil
}

// Revert takes them off. Only where the plugin redirects does injection write them,
// and only there does validation of the redirection run.
func (Redirection) Revert(r *Removal) {
	if !pod.ListsName(r.status.Get("initContainers"), pod.ValidationContainer) {
		return
	}
	r.dropAnnotation(pod.InterceptionKey, "REDIRECT")
	r.dropAnnotation(pod.TrafficPrefix+"includeOutboundIPRanges", "*")
	r.dropAnnotation(pod.TrafficPrefix+"includeInboundPorts", "*")
	r.takeOffStatusPort()
	for _, key := range []string{
		pod.InterceptionKey, pod.TrafficPrefix + "includeOutboundIPRanges", pod.TrafficPrefix + "excludeOutboundIPRanges",
		pod.TrafficPrefix + "includeInboundPorts", pod.TrafficPrefix + "includeOutboundPorts", pod.TrafficPrefix + "excludeOutboundPorts",
	} {
		if value, ok := pod.Annotations(r.pod).Get(key); ok {
			r.doubt("metadata.annotations."+key, "%q is the workload's or the mesh's own setting, and stays", value)
		}
	}
	r.takeOffNetwork()
}

// takeOffStatusPort takes the agent's port off the ports not to redirect, at
// whose end injection puts it.
func (r *Removal) takeOffStatusPort() {
	const key = pod.TrafficPrefix + "excludeInboundPorts"
	value, ok := pod.Annotations(r.pod).Get(key)
	if !ok {
		return
	}
	if value == r.port {
		r.drop("metadata", "annotations", key)
		return
	}
	if before, ok := strings.CutSuffix(value, ","+r.port); ok {
		r.pod = pod.WithAnnotation(r.pod, key, before)
	}
	r.doubt("metadata.annotations."+key, "the ports are the workload's or the mesh's own setting, and stay; %s, which injection adds, was taken off", r.port)
}

// cniNetworks are the names under which meshes add the CNI plugin to a pod's
// networks on Multus.
var cniNetworks = []string{"default/istio-cni", "istio-cni"}

// takeOffNetwork takes the mesh's network off a pod's list of networks, which is
// one of names or a JSON list of objects, and where injection puts it last.
func (r *Removal) takeOffNetwork() {
	value, ok := pod.Annotations(r.pod).Get(pod.NetworksKey)
	if !ok {
		return
	}
	if text, ok := strings.CutPrefix(strings.TrimSpace(value), "["); ok {
		if before, ok := withoutLastNetwork("[" + text); ok {
			r.pod = pod.WithAnnotation(r.pod, pod.NetworksKey, before)
		}
		return
	}
	for _, network := range cniNetworks {
		if value == network {
			r.drop("metadata", "annotations", pod.NetworksKey)
			return
		}
		if before, ok := strings.CutSuffix(value, network); ok {
			before = strings.TrimRight(before, " ")
			if before, ok = strings.CutSuffix(before, ","); ok {
				r.pod = pod.WithAnnotation(r.pod, pod.NetworksKey, before)
				return
			}
		}
	}
}

// withoutLastNetwork leaves the text of the other networks as it is.
func withoutLastNetwork(list string) (string, bool) {
	var networks []json.RawMessage
	if err := json.Unmarshal([]byte(list), &networks); err != nil || len(networks) == 0 {
		return "", false
	}
	last := networks[len(networks)-1]
	var network struct{ Name string }
	if err := json.Unmarshal(last, &network); err != nil || network.Name != "istio-cni" {
		return "", false
	}
	before := strings.TrimRight(list[:strings.LastIndex(list, string(last))], " \t\r\n")
	return strings.TrimSuffix(before, ",") + "]", true
}
