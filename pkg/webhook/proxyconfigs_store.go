package webhook

import (
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// proxyConfigStore is a cache.TransformingStore by which a reflector fills the
// resources.
type proxyConfigStore struct {
	attempts
	of *ProxyConfigs
}

// Transformer drops, from objects of a streamed list, what is not read of them.
func (s *proxyConfigStore) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		if c, ok := object.(*cluster.ProxyConfig); ok {
			c.ObjectMeta = metav1.ObjectMeta{
				Name: c.Name, Namespace: c.Namespace, UID: c.UID, ResourceVersion: c.ResourceVersion, CreationTimestamp: c.CreationTimestamp,
			}
		}
		return object, nil
	}
}

// Add has a resource count that is new.
func (s *proxyConfigStore) Add(object any) error { return s.Update(object) }

// Update has a resource count that changed. One that cannot be read does not.
func (s *proxyConfigStore) Update(object any) error {
	c, err := s.proxyConfig(object)
	if err != nil {
		return err
	}
	if r := s.read(c); r != nil {
		s.of.resources.Put(r)
	} else {
		s.of.resources.Remove(c.Namespace, c.Name)
	}
	return nil
}

// Delete forgets a resource.
func (s *proxyConfigStore) Delete(object any) error {
	c, err := s.proxyConfig(object)
	if err == nil {
		s.of.resources.Remove(c.Namespace, c.Name)
	}
	return err
}

// Replace has these resources count and no others.
func (s *proxyConfigStore) Replace(objects []any, _ string) error {
	all := make([]*mesh.Resource, 0, len(objects))
	var strange []error
	for _, object := range objects {
		c, err := s.proxyConfig(object)
		if err != nil {
			strange = append(strange, err)
		} else if r := s.read(c); r != nil {
			all = append(all, r)
		}
	}
	s.of.resources.Replace(all)
	s.sawAll()
	s.of.known.Store(true)
	return errors.Join(strange...)
}

// Resync has nothing to do: nothing is kept that could have gone astray.
func (s *proxyConfigStore) Resync() error { return nil }

func (s *proxyConfigStore) proxyConfig(object any) (*cluster.ProxyConfig, error) {
	c, ok := object.(*cluster.ProxyConfig)
	if !ok {
		return nil, fmt.Errorf("following %s: a %T came", s.what, object)
	}
	return c, nil
}

func (s *proxyConfigStore) read(c *cluster.ProxyConfig) *mesh.Resource {
	r, err := c.Resource()
	if err != nil {
		s.log.Error("a ProxyConfig is not obeyed", "error", err)
		return nil
	}
	return r
}
