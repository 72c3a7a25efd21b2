package command

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func addProxyConfigFlag(flags *pflag.FlagSet, file *string) {
	flags.StringVar(file, "proxy-config-file", "", "`FILE` with ProxyConfig resources of the mesh")
}

// readProxyConfigs reads the ProxyConfig resources of a file; none where there is no
// file. Those that name no namespace are of the one that is given.
func readProxyConfigs(files *configuration.Files, file, namespace string) (*mesh.Resources, error) {
	if file == "" {
		return mesh.NewResources(), nil
	}
	return files.ProxyConfigs(file, namespace)
}

// unread says that an error is one that whoever rewrites the manifests meets, too.
func unread(err error) bool {
	_, is := errors.AsType[*configuration.UnreadError](err)
	return is
}
