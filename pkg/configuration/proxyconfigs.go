package configuration

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

var proxyConfigKind = Kind{Group: mesh.ResourceGroup, Name: mesh.ResourceKind}

// UnreadError is of manifests that are no YAML, which whoever rewrites them tells too.
type UnreadError struct{ error }

// ProxyConfigs adds the ProxyConfig resources among manifests, each in the place of its
// namesake. Those that name no namespace are of the one that is given. Errors begin
// with the name of the manifests and the line.
func ProxyConfigs(resources *mesh.Resources, text []byte, name, namespace string) error {
	if !bytes.Contains(text, []byte(mesh.ResourceKind)) {
		return nil // as nearly always
	}
	read, err := readObjects(decoded(text), proxyConfigKind)
	if err != nil {
		return &UnreadError{fmt.Errorf("%s: %w", name, err)}
	}
	return put(resources, read.objects, name, namespace)
}

// ProxyConfigs reads the ProxyConfig resources of a file, which has some.
func (f *Files) ProxyConfigs(name, namespace string) (*mesh.Resources, error) {
	objects, err := f.Objects(name, proxyConfigKind)
	if err != nil {
		return nil, err
	}
	resources := mesh.NewResources()
	return resources, put(resources, objects, shownName(name), namespace)
}

func put(resources *mesh.Resources, objects []Object, name, namespace string) error {
	var errs []error
	for _, object := range objects {
		r, err := mesh.ParseResource(object.Value, namespace)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %w", name, object.Line, err))
			continue
		}
		resources.Put(r)
	}
	return errors.Join(errs...)
}
