package rule

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Order puts the containers of the mesh where they have to start (spec: injection.md
// section 7).
type Order struct{}

// Name implements Rule.
func (Order) Name() string { return "order" }

// Apply implements Rule.
func (Order) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	containers := pod.List(p, "containers")
	if f.Mesh.HoldApplication {
		containers = pod.MoveFirst(containers, pod.ProxyContainer)
	} else {
		// kubectl's commands mean the first container where none is named, which
		// should be the user's.
		containers = pod.MoveLast(containers, pod.ProxyContainer)
	}
	p = pod.WithList(p, "containers", containers)

	inits := pod.List(p, "initContainers")
	if pod.Index(inits, pod.ProxyContainer) >= 0 {
		// The proxy runs from here on, so what comes after it can use the mesh.
		for _, name := range []string{pod.CoreDumpContainer, pod.ProxyContainer, pod.ValidationContainer, pod.InitContainer} {
			inits = pod.MoveFirst(inits, name)
		}
	} else {
		// Redirection comes last: no proxy serves the init containers. Validation
		// comes first, to stop them where redirection failed.
		inits = pod.MoveFirst(inits, pod.ValidationContainer)
		inits = pod.MoveLast(inits, pod.InitContainer)
		inits = pod.MoveLast(inits, pod.CoreDumpContainer)
	}
	return pod.WithList(p, "initContainers", inits), nil
}

// Revert puts the workload's own proxy back in its place, where the status says it, and
// names the other containers of its own that may have been moved, once it is known which
// those are. The 1.0 line moved none.
func (Order) Revert(r *Removal) {
	if r.ofOneTemplate() {
		return
	}
	r.atEnd(func() {
		if place, ok := r.status.Get(keptMember, "proxy").Int(); ok && r.placeProxy(int(place)) {
			return
		}
		for _, list := range pod.ContainerLists {
			for _, c := range pod.List(r.pod, list) {
				switch name := c.Get("name").Text(); name {
				case pod.ProxyContainer, pod.InitContainer, pod.ValidationContainer, pod.CoreDumpContainer:
					if len(pod.List(r.pod, list)) > 1 {
						r.doubt("spec."+list+"["+name+"]", "it is the workload's own, but may have stood at another place among the others")
					}
				}
			}
		}
	})
}

// placeProxy moves the workload's own proxy to a place among its containers.
func (r *Removal) placeProxy(place int) bool {
	containers := slices.Clone(pod.List(r.pod, "containers"))
	i := pod.Index(containers, pod.ProxyContainer)
	if i < 0 || place < 0 || place >= len(containers) {
		return false
	}
	proxy := containers[i]
	containers = slices.Insert(slices.Delete(containers, i, i+1), place, proxy)
	r.pod = pod.WithList(r.pod, "containers", containers)
	return true
}
