package rule

import (
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// WithoutInjection returns the pod as templates are to see it when it is injected
// again: without what the earlier injection put in, and with what the user wrote for
// those containers put back (spec: injection.md section 8). The overlay itself goes on
// the pod as it came.
func WithoutInjection(p *tree.Value, statusPort int32) (*tree.Value, error) {
	if status := StatusOf(p); status != nil {
		for _, list := range pod.ContainerLists {
			p = pod.WithoutNamed(p, list, status.Get(list))
		}
		if prometheusAnnotation(p, portAnnotation) == strconv.Itoa(int(statusPort)) {
			p = withoutPrometheusAnnotations(p)
		}
		p = WithoutStatus(p)
	}
	overrides, err := pod.Overrides(p)
	if err != nil {
		return nil, err
	}
	for _, list := range pod.ContainerLists {
		containers := slices.Clip(pod.List(p, list))
		there := pod.FinderOf(containers)
		added := map[string]bool{}
		for _, c := range overrides.Get(list).Items() {
			if name := c.Get("name").Text(); there.Find(name) == nil && !added[name] {
				containers, added[name] = append(containers, c), true
			}
		}
		p = pod.WithList(p, list, containers)
	}
	return p, nil
}
