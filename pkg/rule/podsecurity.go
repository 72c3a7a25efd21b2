package rule

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// PodSecurity sets the pod's fsGroup, by which the proxy can read its token whatever
// user it runs as: to the one in the securityContext that the template has, or where
// secrets are fetched from an agent of the node (1.1 to 1.8). Since 1.9 it is part of
// the pod that the templates render.
type PodSecurity struct {
	// SDS sets it where the mesh has a path for that agent (to 1.7).
	SDS bool
	// Always sets it (1.8).
	Always bool
}

// proxyGroup is the group that the proxy's files belong to.
const proxyGroup = 1337

// Name implements Rule.
func (PodSecurity) Name() string { return "pod-security" }

// Apply implements Rule.
func (s PodSecurity) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	if own := f.Rendered.Get("securityContext"); own.Len() > 0 {
		return p.WithAt(own, "spec", "securityContext"), nil
	}
	if s.Always || s.SDS && f.Mesh.SDS {
		return p.WithAt(tree.NewInt(proxyGroup), "spec", "securityContext", "fsGroup"), nil
	}
	return p, nil
}

// gatewaySysctls let a gateway that is not root listen on every port.
const gatewaySysctls = `[{"name":"net.ipv4.ip_unprivileged_port_start","value":"0"}]`

// Revert takes off the group, and the sysctls of gateways.
func (PodSecurity) Revert(r *Removal) {
	if group, ok := r.pod.Get("spec", "securityContext", "fsGroup").Int(); ok && group == proxyGroup {
		r.drop("spec", "securityContext", "fsGroup")
		r.doubt("spec.securityContext.fsGroup", "injection sets it to %d and it was taken off, but the workload may have had one too", proxyGroup)
	}
	sysctls := r.pod.Get("spec", "securityContext", "sysctls")
	if slices.Contains(r.templates(), "gateway") && string(sysctls.JSON()) == gatewaySysctls {
		r.drop("spec", "securityContext", "sysctls")
	}
}
