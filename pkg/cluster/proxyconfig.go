package cluster

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ProxyConfigs is the API of the mesh's ProxyConfig resources.
var ProxyConfigs = schema.GroupVersion{Group: mesh.ResourceGroup, Version: mesh.ResourceVersion}

// ProxyConfigDefinition is the name of the CustomResourceDefinition of that kind.
const ProxyConfigDefinition = "proxyconfigs." + mesh.ResourceGroup

// ProxyConfig is such a resource, its spec as it came: [mesh.NewResource] reads it.
type ProxyConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec json.RawMessage `json:"spec,omitempty"`
}

// Resource is what it says.
func (c *ProxyConfig) Resource() (*mesh.Resource, error) {
	var spec *tree.Value
	var err error
	if len(c.Spec) > 0 {
		spec, err = tree.Parse(c.Spec)
	}
	r, wrong := mesh.NewResource(c.Namespace, c.Name, c.CreationTimestamp.Time, spec)
	if err := cmp.Or(err, wrong); err != nil {
		return nil, fmt.Errorf("ProxyConfig %s/%s: %w", c.Namespace, c.Name, err)
	}
	return r, nil
}

// DeepCopyObject implements runtime.Object.
func (c *ProxyConfig) DeepCopyObject() runtime.Object {
	other := *c
	other.ObjectMeta = *c.ObjectMeta.DeepCopy()
	other.Spec = bytes.Clone(c.Spec)
	return &other
}

// ProxyConfigList is a list of them.
type ProxyConfigList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []ProxyConfig `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *ProxyConfigList) DeepCopyObject() runtime.Object {
	other := *l
	other.ListMeta = *l.ListMeta.DeepCopy()
	other.Items = slices.Clone(l.Items)
	for i := range other.Items {
		other.Items[i] = *l.Items[i].DeepCopyObject().(*ProxyConfig)
	}
	return &other
}

func addProxyConfigs(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(ProxyConfigs, &ProxyConfig{}, &ProxyConfigList{})
	metav1.AddToGroupVersion(scheme, ProxyConfigs)
	return nil
}
