package inject

import (
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// readV1Mesh reads a MeshConfig of the 1.0 line.
func (c *configuration) readV1Mesh(text []byte) (err error) {
	c.mesh, err = mesh.Parse(text, mesh.Of10())
	return err
}

// v1View is what the template of the 1.0 line sees.
func (c *configuration) v1View(_ *job, seen *tree.Value, _ *rule.Facts) (any, error) {
	decoded, err := podtemplate.Typed(seen)
	if err != nil {
		return nil, err
	}
	return podtemplate.V1View{ObjectMeta: decoded.ObjectMeta, Spec: decoded.Spec, ProxyConfig: c.mesh.Proxy().Data(), MeshConfig: c.mesh.Data()}, nil
}

// withoutAppended appends to the pod without what an earlier injection appended, and
// shows it to templates as it was the first time: the status would otherwise become
// part of what they say of the pod.
func (c *configuration) withoutAppended(p *tree.Value) (base, seen *tree.Value, err error) {
	base = rule.WithoutAppended(p, rule.StatusOf(p))
	return base, rule.WithoutStatus(base), nil
}
