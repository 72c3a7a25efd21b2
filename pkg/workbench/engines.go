package workbench

import (
	"cmp"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// engines keeps the configurations that were compiled last, so that typing in a
// manifest compiles nothing.
type engines struct {
	mu   sync.Mutex
	last []engine // the latest first
}

// maxEngines is enough for two configurations side by side, and the ones before.
const maxEngines = 4

type engineKey struct {
	config, values, mesh, revision string
	openShift                      bool
}

type engine struct {
	key      engineKey
	injector *inject.Injector
	err      error
}

// get compiles a configuration, unless it is one of the last.
func (e *engines) get(c Configuration, s Settings) (*inject.Injector, error) {
	key := engineKey{c.Config, c.Values, c.Mesh, cmp.Or(s.Revision, c.Revision), s.Platform == openShift}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, known := range e.last {
		if known.key == key {
			copy(e.last[1:i+1], e.last[:i])
			e.last[0] = known
			return known.injector, known.err
		}
	}
	injector, err := inject.Compile(c.sources(), inject.Options{Revision: key.revision, OpenShift: key.openShift})
	e.last = append([]engine{{key, injector, err}}, e.last[:min(len(e.last), maxEngines-1)]...)
	return injector, err
}

const openShift = "openshift"
