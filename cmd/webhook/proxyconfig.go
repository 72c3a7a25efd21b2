package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func addProxyConfigFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "proxy-config-file", "", "`FILE` with the mesh's ProxyConfig resources")
}

// readProxyConfigs reads the ProxyConfig resources of a file; none where there is no
// file.
func readProxyConfigs(files *configuration.Files, file string) (*mesh.Resources, error) {
	if file == "" {
		return nil, nil
	}
	objects, err := files.Objects(file, configuration.Kind{Group: "networking.istio.io", Name: "ProxyConfig"})
	if err != nil {
		return nil, err
	}
	var resources []*mesh.Resource
	for _, object := range objects {
		r, err := mesh.ParseResource(object)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		resources = append(resources, r)
	}
	return mesh.NewResources(resources...), nil
}
