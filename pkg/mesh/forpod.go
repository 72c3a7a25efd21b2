package mesh

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/outrigger-io/outrigger/internal/spelling"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ForPod returns the ProxyConfig of a pod: over the mesh's own, each over the one
// before, the resource of the root namespace, that of the pod's namespace, the
// pod's annotation proxy.istio.io/config, and the resource that selects the pod
// (spec: releases.md, ProxyConfig resources). The warnings name fields of the
// annotation that no ProxyConfig has.
func (m *Mesh) ForPod(annotation string, resources Selected) (p *Proxy, warnings []string, err error) {
	p = m.proxy.withResource(resources.Mesh).withResource(resources.Namespace)
	over, err := tree.ParseYAMLObject([]byte(annotation))
	if err != nil {
		return nil, nil, err
	}
	if over.Len() > 0 {
		p, err = p.with(over, func(path string, of protoreflect.MessageDescriptor) {
			if len(warnings) > maxUnknown {
				return
			}
			w := m.unknown(path, of)
			if w != "" && len(warnings) == maxUnknown {
				w = "more fields are unknown and ignored"
			}
			if w != "" {
				warnings = append(warnings, w)
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return p.withResource(resources.Workload), warnings, nil
}

// maxUnknown is how many unknown fields are named.
const maxUnknown = 16

// unknown says that a message has no such field, and which it has.
func (m *Mesh) unknown(path string, of protoreflect.MessageDescriptor) string {
	var known []string
	for i := range of.Fields().Len() {
		known = append(known, of.Fields().Get(i).JSONName())
	}
	name := path[lastDot(path)+1:]
	if of == m.proxy.config.ProtoReflect().Descriptor() {
		dropped := m.of.droppedOfProxy
		if dropped.ConnectTimeout != nil {
			known = append(known, "connectTimeout")
		}
		if dropped.ParentShutdownDuration != nil {
			known = append(known, "parentShutdownDuration")
		}
	}
	if slices.Contains(known, name) {
		return ""
	}
	text := fmt.Sprintf("%s is unknown and ignored", path)
	if nearest := spelling.Nearest(name, known); nearest != "" {
		text += fmt.Sprintf("; did you mean %s?", nearest)
	}
	return text
}

func lastDot(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return i
		}
	}
	return -1
}

// withResource lays a ProxyConfig resource over this one, if there is one.
func (p *Proxy) withResource(r *Resource) *Proxy {
	if r == nil {
		return p
	}
	laid, says := *p, r.config()
	config := proto.CloneOf(p.config)
	laid.config = config
	if says.Concurrency != nil {
		config.Concurrency = says.Concurrency
	}
	if says.Image != nil {
		config.Image = says.Image
	}
	config.ProxyMetadata = united(config.ProxyMetadata, says.EnvironmentVariables)
	return made(laid)
}
