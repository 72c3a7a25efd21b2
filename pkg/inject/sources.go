package inject

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Sources is the text of an injection configuration, as a mesh's ConfigMaps hold
// it (spec: injection.md section 1).
type Sources struct {
	// Config is key "config" of ConfigMap istio-sidecar-injector: policy,
	// templates, selectors. One with a key "template" and no "templates" is of
	// the 1.0 line.
	Config []byte
	// Values is its key "values", which templates see as .Values. The 1.0 line
	// has none.
	Values []byte
	// Mesh is key "mesh" of ConfigMap istio. Empty: the defaults.
	Mesh []byte
}

// Options is what an injector knows beside its ConfigMaps.
type Options struct {
	// Revision is the control plane's. Empty: the default one.
	Revision string
	// OpenShift takes the proxy's ids from the namespace's ranges.
	OpenShift bool
	// TemplateEnv names variables of the process that templates may read, beside
	// those whose names begin with INJECT_.
	TemplateEnv []string
	// Try injects ordinary pods before the injector counts as compiled: one that goes
	// in force must not refuse every pod.
	Try bool
	// Warned is what whoever read the configuration has to say of it. It comes first
	// among the injector's warnings.
	Warned []string
}

// Compile makes an injector of a configuration, or says what in it is wrong.
func Compile(s Sources, o Options) (*Injector, error) {
	config, err := tree.ParseYAMLObject(s.Config)
	if err != nil {
		return nil, fmt.Errorf("injector config: %w", err)
	}
	c, err := compile(config, s, o)
	if err != nil {
		return nil, err
	}
	if o.Try {
		if err := c.try(); err != nil {
			return nil, err
		}
	}
	return &Injector{configuration: c, memory: replica.NewMemory(maxRemembered)}, nil
}
