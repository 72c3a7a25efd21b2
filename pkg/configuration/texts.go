package configuration

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Texts is the configuration of one mesh.
type Texts struct {
	inject.Sources
	// Revision is that of the control plane, as far as is known; empty for the
	// default one.
	Revision string

	// Where each of the texts is from, for people. Empty: nobody needs telling.
	configOrigin, valuesOrigin, meshOrigin string
	// meshMissing says that manifests have the injector's ConfigMap and not the mesh's.
	meshMissing bool
}

// From is a configuration that comes as a whole from one place.
func From(origin string, sources inject.Sources) *Texts {
	return &Texts{Sources: sources, configOrigin: origin, valuesOrigin: origin, meshOrigin: origin}
}

// Equal tells whether two configurations are to the same effect.
func (t *Texts) Equal(u *Texts) bool {
	return t.Revision == u.Revision &&
		bytes.Equal(t.Config, u.Config) && bytes.Equal(t.Values, u.Values) && bytes.Equal(t.Mesh, u.Mesh)
}

// Compile makes the injector. Errors begin with where the text is from that they
// are about. The revision of the options counts more than the texts' own.
func (t *Texts) Compile(o inject.Options) (*inject.Injector, error) {
	if o.Revision == "" {
		o.Revision = t.Revision
	}
	if t.meshMissing {
		o.Warned = append(o.Warned, fmt.Sprintf("%s: there is no mesh configuration beside it, so the defaults of the mesh hold; --mesh-config-file names one", t.configOrigin))
	}
	injector, err := inject.Compile(t.Sources, o)
	if err != nil {
		return nil, t.explain(err)
	}
	return injector, nil
}

func (t *Texts) explain(err error) error {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	explained := make([]error, len(list))
	for i, err := range list {
		origin := t.configOrigin
		switch {
		case strings.HasPrefix(err.Error(), "injector values"):
			origin = t.valuesOrigin
		case strings.HasPrefix(err.Error(), "mesh config"):
			origin = t.meshOrigin
		}
		if origin != "" {
			err = fmt.Errorf("%s: %w", origin, err)
		}
		explained[i] = err
	}
	return errors.Join(explained...)
}
