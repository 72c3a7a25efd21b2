package inject

import (
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// Settings are what the proxy of a pod has from ProxyConfig resources.
func (in *Injector) Settings(r Request) []mesh.Setting {
	p, err := parsePod(r.Pod)
	if err != nil {
		return nil // which Inject refuses
	}
	return in.configuration.resourcesFor(&job{Request: r, pod: p}).Settings(pod.Annotations(p).Value(pod.ProxyConfigKey))
}
