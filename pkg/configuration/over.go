package configuration

import (
	"fmt"
	"slices"
)

// ReadOver reads a file with a part of a configuration, as somebody edits it, and
// returns base with that part in place of its own. The part is of the same revision.
func (f *Files) ReadOver(base *Texts) (*Texts, error) {
	file, err := f.open(f.Config)
	if err != nil {
		return nil, err
	}
	texts := *base
	texts.meshMissing = false // what is missing here is that of base
	if file.bare {
		texts.Config, texts.configOrigin = file.text, file.name
		return &texts, nil
	}
	w := wanted{revision: base.Revision, known: true, by: "the configuration that it is to replace is of"}
	if f.Revision != "" {
		w.revision, w.by = f.Revision, "--revision asks for"
	}
	if !slices.ContainsFunc(file.maps, func(m *configMap) bool { return m.has(keyConfig) || m.has(keyMesh) }) {
		return nil, fmt.Errorf("%s: no ConfigMap in it has the key %q or %q", file.name, keyConfig, keyMesh)
	}
	if len(having(file.maps, keyConfig)) > 0 {
		injector, err := choose(file, keyConfig, file.maps, w)
		if err != nil {
			return nil, err
		}
		if texts.Config, texts.configOrigin, err = injector.text(keyConfig); err != nil {
			return nil, err
		}
		if injector.has(keyValues) {
			if texts.Values, texts.valuesOrigin, err = injector.text(keyValues); err != nil {
				return nil, err
			}
		}
	}
	if len(having(file.maps, keyMesh)) > 0 {
		mesh, err := choose(file, keyMesh, file.maps, w)
		if err != nil {
			return nil, err
		}
		if texts.Mesh, texts.meshOrigin, err = mesh.text(keyMesh); err != nil {
			return nil, err
		}
	}
	return &texts, nil
}
