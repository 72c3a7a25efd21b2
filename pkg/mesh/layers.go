package mesh

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Layer is a pod's ProxyConfig with one of its sources laid over those before.
type Layer struct {
	// Source names it for people.
	Source string
	Proxy  *Proxy
}

// Sources of a Layer that are no resources.
const (
	FromDefaults   = "default"
	FromMesh       = "mesh defaultConfig"
	FromAnnotation = "annotation " + pod.ProxyConfigKey
)

// Layers are how ForPod comes to a pod's ProxyConfig, source by source: the first are
// the defaults of the time, the last is what ForPod returns.
func (m *Mesh) Layers(annotation string, resources Selected) ([]Layer, error) {
	layers := []Layer{
		{FromDefaults, made(Proxy{of: m.of, config: m.of.proxy, dropped: m.of.droppedOfProxy})},
		{FromMesh, m.proxy},
	}
	over, err := tree.ParseYAMLObject([]byte(annotation))
	if err != nil {
		return nil, err
	}
	var laid Selected
	own := ""
	for _, source := range []struct {
		name  string
		there bool
		lay   func()
	}{
		{resourceName(resources.Mesh), resources.Mesh != nil, func() { laid.Mesh = resources.Mesh }},
		{resourceName(resources.Namespace), resources.Namespace != nil, func() { laid.Namespace = resources.Namespace }},
		{FromAnnotation, over.Len() > 0, func() { own = annotation }},
		{resourceName(resources.Workload), resources.Workload != nil, func() { laid.Workload = resources.Workload }},
	} {
		if !source.there {
			continue
		}
		source.lay()
		p, _, err := m.ForPod(own, laid)
		if err != nil {
			return nil, err
		}
		layers = append(layers, Layer{source.name, p})
	}
	return layers, nil
}

func resourceName(r *Resource) string {
	if r == nil {
		return ""
	}
	return "ProxyConfig " + r.String()
}
