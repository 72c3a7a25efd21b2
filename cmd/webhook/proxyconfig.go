package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func addProxyConfigFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "proxy-config-file", "", "`FILE` with the mesh's ProxyConfig resources")
}

var proxyConfigKind = configuration.Kind{Group: mesh.ResourceGroup, Name: mesh.ResourceKind}

// readProxyConfigs reads the ProxyConfig resources of a file; none where there is no
// file. Those that name no namespace are of the one that is given.
func readProxyConfigs(files *configuration.Files, file, namespace string) (*mesh.Resources, error) {
	resources := mesh.NewResources()
	if file == "" {
		return resources, nil
	}
	objects, err := files.Objects(file, proxyConfigKind)
	if err != nil {
		return nil, err
	}
	return resources, putProxyConfigs(resources, objects, file, namespace)
}

// learnProxyConfigs adds the ProxyConfig resources among manifests. One that a file of
// resources has by the same name is older.
func learnProxyConfigs(resources *mesh.Resources, text []byte, name, namespace string) error {
	if !bytes.Contains(text, []byte(mesh.ResourceKind)) {
		return nil // as nearly always
	}
	objects, err := configuration.ObjectsIn(text, proxyConfigKind)
	if err != nil {
		return &unreadError{fmt.Errorf("%s: %w", name, err)}
	}
	return putProxyConfigs(resources, objects, name, namespace)
}

// unreadError is of a text that whoever rewrites it stumbles over, too.
type unreadError struct{ error }

func unread(err error) bool {
	_, is := errors.AsType[*unreadError](err)
	return is
}

func putProxyConfigs(resources *mesh.Resources, objects []configuration.Object, name, namespace string) error {
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
