package rule

import (
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// DNS sets the pod's dnsConfig to the one that the template has (1.1 to 1.8). Since
// 1.9 it is part of the pod that the templates render.
type DNS struct{}

// Name implements Rule.
func (DNS) Name() string { return "dns" }

// Apply implements Rule.
func (DNS) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	if config := f.Rendered.Get("dnsConfig"); config.Len() > 0 {
		p = p.WithAt(config, "spec", "dnsConfig")
	}
	return p, nil
}

// Revert takes off the domains by which older meshes let pods find
// services of other clusters. Others cannot be told from the workload's own.
func (DNS) Revert(r *Removal) {
	searches := r.pod.Get("spec", "dnsConfig", "searches")
	var own []*tree.Value
	for _, s := range searches.Items() {
		if domain := s.Text(); domain != "global" && !strings.HasSuffix(domain, ".global") {
			own = append(own, s)
		}
	}
	switch {
	case len(own) == searches.Len():
	case len(own) == 0:
		r.drop("spec", "dnsConfig", "searches")
	default:
		r.pod = r.pod.WithAt(tree.NewArray(own...), "spec", "dnsConfig", "searches")
	}
	if len(own) > 0 {
		r.doubt("spec.dnsConfig.searches", "the domains are the workload's or the mesh's own setting, and stay")
	}
}
