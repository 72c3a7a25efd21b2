package command

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// configurationFlags say where the injection's configuration comes from: an
// embedded profile, or files.
type configurationFlags struct {
	// profile is empty for the default one.
	profile string
	configuration.Files
}

func (c *configurationFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.profile, "profile", "", "`NAME` of an embedded profile, see outrigger profile list (default \""+profiles.Default+"\")")
	flags.StringVar(&c.Config, "inject-config-file", "", "`FILE` with the mesh's ConfigMaps, which provide the values and the mesh configuration as well,\nor with the content of the key \"config\"; - for standard input")
	flags.StringVar(&c.Values, "values-file", "", "`FILE` with the content of the key \"values\", or with the ConfigMap")
	flags.StringVar(&c.Mesh, "mesh-config-file", "", "`FILE` with the content of the key \"mesh\", or with the ConfigMap")
	flags.StringVar(&c.Revision, "revision", "", "`NAME` of the control plane's revision (default: the ConfigMaps' revision)")
	flags.SetNormalizeFunc(normalizeFlag)
}

// compile makes the injector.
func (c *configurationFlags) compile(openShift bool) (*inject.Injector, error) {
	texts, err := c.load()
	if err != nil {
		return nil, err
	}
	return texts.Compile(inject.Options{Revision: c.Revision, OpenShift: openShift})
}

func (c *configurationFlags) load() (*configuration.Texts, error) {
	if err := c.contradiction(); err != nil {
		return nil, err
	}
	if c.Config != "" {
		return c.Files.Read()
	}
	name := c.profile
	if name == "" {
		name = profiles.Default
	}
	sources, err := profiles.Get(name)
	if err != nil {
		return nil, err
	}
	return configuration.From("profile "+name, sources), nil
}

// contradiction finds flags that contradict each other.
func (c *configurationFlags) contradiction() error {
	if c.Config != "" {
		if c.profile != "" {
			return errors.New("--profile and --inject-config-file are mutually exclusive")
		}
		return nil
	}
	for _, part := range []struct{ flag, file string }{{"--values-file", c.Values}, {"--mesh-config-file", c.Mesh}} {
		if part.file != "" {
			return fmt.Errorf("%s needs --inject-config-file: a profile comes as a whole; outrigger profile show prints one to start from", part.flag)
		}
	}
	return nil
}
