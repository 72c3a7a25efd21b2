package configuration

import (
	"fmt"
	"io"
	"path/filepath"
)

// Files names the files that a configuration is read from. Each holds the text of
// the ConfigMap's key of that name, or manifests with the ConfigMap among them.
type Files struct {
	// Config has the injector's configuration. What else its manifests have of the
	// same mesh counts where the other two are empty.
	Config string
	// Values has the values. Empty, without ConfigMaps: there are none.
	Values string
	// Mesh has the MeshConfig. Empty, without ConfigMaps: the defaults hold.
	Mesh string
	// Revision is that of the control plane that is wanted. Empty: the files' own,
	// the default one where they have several.
	Revision string
	// Stdin is what StandardInput stands for, nil where there is nothing to read.
	Stdin io.Reader

	// streams holds what was read and cannot be read again.
	streams map[string][]byte
}

// StandardInput is the standard input in the place of a file's name.
const StandardInput = "-"

// Names lists the files, those named twice once.
func (f *Files) Names() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, name := range []string{f.Config, f.Values, f.Mesh} {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// RelativeTo makes the names relative to a folder.
func (f *Files) RelativeTo(dir string) {
	for _, name := range []*string{&f.Config, &f.Values, &f.Mesh} {
		if *name != "" && *name != StandardInput && !filepath.IsAbs(*name) {
			*name = filepath.Join(dir, *name)
		}
	}
}

// Read reads every file once. What it returns is of one mesh, and of the revision
// that is wanted. It may be called again: files may have changed since, and what
// came through a pipe is remembered.
func (f *Files) Read() (*Texts, error) {
	files := map[string]*file{}
	for _, name := range f.Names() {
		file, err := f.open(name)
		if err != nil {
			return nil, err
		}
		files[name] = file
	}
	r := &reading{files: files, wanted: wanted{revision: f.Revision, known: f.Revision != "", by: "--revision asks for"}}
	texts, err := r.read(f)
	if err != nil {
		return nil, err
	}
	if texts.Values != nil {
		return texts, nil
	}
	if read := firstValueRead(texts.Config); read != nil {
		return nil, fmt.Errorf("%s: %s, and no values are given: name the file that has them with --values-file", texts.configOrigin, read)
	}
	return texts, nil
}

// reading puts together one mesh's configuration out of files.
type reading struct {
	files  map[string]*file
	wanted wanted
	texts  Texts
	// injector is the ConfigMap with the configuration, nil where it is bare text.
	injector *configMap
}

func (r *reading) read(f *Files) (*Texts, error) {
	for _, step := range []func(*Files) error{r.readConfig, r.readValues, r.readMesh} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	if r.wanted.known {
		r.texts.Revision = r.wanted.revision
	}
	return &r.texts, nil
}

func (r *reading) readConfig(f *Files) error {
	config := r.files[f.Config]
	if config.bare {
		r.texts.Config, r.texts.configOrigin = config.text, config.name
		return nil
	}
	found, err := choose(config, keyConfig, config.maps, r.wanted)
	if err != nil {
		return err
	}
	r.injector = found
	r.texts.Config, r.texts.configOrigin, err = found.text(keyConfig)
	r.settle(found.revision, found.known, found.origin())
	return err
}

func (r *reading) readValues(f *Files) (err error) {
	values := r.files[f.Values]
	switch {
	case values == nil && (r.injector == nil || !r.injector.has(keyValues)):
		return nil
	case values == nil:
		r.texts.Values, r.texts.valuesOrigin, err = r.injector.text(keyValues)
		return err
	case !values.bare:
		found, err := choose(values, keyValues, values.maps, r.wanted)
		if err != nil {
			return err
		}
		r.texts.Values, r.texts.valuesOrigin, err = found.text(keyValues)
		r.settle(found.revision, found.known, found.origin())
		return err
	}
	r.texts.Values, r.texts.valuesOrigin = values.text, values.name
	// Without a ConfigMap around them, empty means that nobody has said it.
	if revision, ok := revisionOfValues(values.text); ok && revision != "" {
		if r.wanted.known && !sameRevision(r.wanted.revision, revision) {
			return fmt.Errorf("%s: the values are of %s, and %s %s", values.name, describeRevision(revision), r.wanted.by, describeRevision(r.wanted.revision))
		}
		r.settle(revision, true, values.name)
	}
	return nil
}

func (r *reading) readMesh(f *Files) (err error) {
	mesh := r.files[f.Mesh]
	var candidates []*configMap
	switch {
	case mesh != nil && mesh.bare:
		r.texts.Mesh, r.texts.meshOrigin = mesh.text, mesh.name
		return nil
	case mesh != nil:
		candidates = mesh.maps
	case r.injector == nil:
		return nil
	case r.injector.has(keyMesh):
		candidates = []*configMap{r.injector}
	default:
		mesh = r.files[f.Config]
		if len(having(mesh.maps, keyMesh)) == 0 {
			r.texts.meshMissing = true
			return nil
		}
		if candidates, err = besideInjector(mesh, r.injector); err != nil {
			return err
		}
	}
	found, err := choose(mesh, keyMesh, candidates, r.wanted)
	if err != nil {
		return err
	}
	r.settle(found.revision, found.known, found.origin())
	r.texts.Mesh, r.texts.meshOrigin, err = found.text(keyMesh)
	return err
}

// settle has all that is read from here on be of a revision.
func (r *reading) settle(revision string, known bool, origin string) {
	if known && !r.wanted.known {
		r.wanted = wanted{revision: revision, known: true, by: origin + " is of"}
	}
}
