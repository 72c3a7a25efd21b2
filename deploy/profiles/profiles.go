// Package profiles holds the injection configurations that come with the
// program, one a folder, each in the format that a mesh keeps in its ConfigMaps.
package profiles

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Default is the profile where none is named: today's Istio.
const Default = "istio"

// The files of a profile, named as the ConfigMaps' keys. The 1.0 line has no
// values.
const (
	configFile = "config.yaml"
	valuesFile = "values.yaml"
	meshFile   = "mesh.yaml"
)

//go:embed */*.yaml
var files embed.FS

// Names lists the profiles, sorted.
func Names() []string {
	folders, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	names := make([]string, len(folders))
	for i, folder := range folders {
		names[i] = folder.Name()
	}
	return names
}

// about says in a line what each profile is.
var about = map[string]string{
	"istio":     "today's Istio (istiod): sidecars, native or ordinary, and gateways",
	"istio-1.0": "Istio's 1.0 line (Pilot, Mixer, Citadel): sidecars",
}

// About says in a line what a profile is.
func About(name string) string { return about[name] }

// Get returns a profile's configuration. An error names the profiles there are.
func Get(name string) (inject.Sources, error) {
	if !slices.Contains(Names(), name) {
		return inject.Sources{}, fmt.Errorf("profile %q is unknown; there are %s", name, strings.Join(Names(), ", "))
	}
	return inject.Sources{
		Config: read(name, configFile),
		Values: read(name, valuesFile),
		Mesh:   read(name, meshFile),
	}, nil
}

// read returns nil for a file that the profile does not have.
func read(profile, file string) []byte {
	text, err := files.ReadFile(profile + "/" + file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err) // the file is part of the program
	}
	return text
}
