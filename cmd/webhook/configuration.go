package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// configuration is where the injection's configuration comes from, as flags say:
// an embedded profile, or files.
type configuration struct {
	// profile is empty for the default one.
	profile string
	// config, values and mesh are files: the text of the ConfigMap's key of that
	// name, or a manifest with the ConfigMap.
	config, values, mesh string
	revision             string
}

func (c *configuration) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.profile, "profile", "", "`NAME` of an embedded configuration, see outrigger profile list (default \""+profiles.Default+"\")")
	flags.StringVar(&c.config, "inject-config-file", "", "`FILE` with the injector's configuration: the text of the key \"config\",\nor the ConfigMap that has it; what else is in the manifest counts too")
	flags.StringVar(&c.values, "values-file", "", "`FILE` with the key \"values\", or the ConfigMap that has it")
	flags.StringVar(&c.mesh, "mesh-config-file", "", "`FILE` with the key \"mesh\", or the ConfigMap that has it")
	flags.StringVar(&c.revision, "revision", "", "`NAME` of the control plane's revision")
	flags.SetNormalizeFunc(normalizeFlag)
}

// relativeTo makes the paths of files relative to a folder.
func (c *configuration) relativeTo(dir string) {
	for _, file := range []*string{&c.config, &c.values, &c.mesh} {
		*file = within(dir, *file)
	}
}

// within is a path seen from a folder.
func within(dir, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// compile makes the injector.
func (c *configuration) compile(openShift bool) (*inject.Injector, error) {
	loaded, err := c.load()
	if err != nil {
		return nil, err
	}
	injector, err := inject.Compile(loaded.Sources, inject.Options{Revision: c.revision, OpenShift: openShift})
	if err != nil {
		return nil, loaded.explain(err)
	}
	return injector, nil
}

func (c *configuration) load() (*loadedConfiguration, error) {
	if c.config == "" {
		return c.loadProfile()
	}
	if c.profile != "" {
		return nil, errors.New("--profile and --inject-config-file exclude each other: the configuration comes from the one or the other")
	}
	l := &loadedConfiguration{}
	config, err := readConfiguration(c.config, "config", c.revision, true)
	if err != nil {
		return nil, err
	}
	l.Config, l.configOrigin = config.text, config.origin
	for _, other := range []struct {
		file, key string
		text      *[]byte
		origin    *string
	}{
		{c.values, "values", &l.Values, &l.valuesOrigin},
		{c.mesh, "mesh", &l.Mesh, &l.meshOrigin},
	} {
		file, named := other.file, other.file != ""
		if !named {
			if !config.inConfigMap {
				continue
			}
			file = c.config // the manifest may hold all of it
		}
		found, err := readConfiguration(file, other.key, c.revision, named)
		if err != nil {
			return nil, err
		}
		*other.text, *other.origin = found.text, found.origin
	}
	return l, nil
}

func (c *configuration) loadProfile() (*loadedConfiguration, error) {
	for _, part := range []struct{ flag, file string }{{"--values-file", c.values}, {"--mesh-config-file", c.mesh}} {
		if part.file != "" {
			return nil, fmt.Errorf("%s needs --inject-config-file: a profile comes as a whole; outrigger profile show prints one to start from", part.flag)
		}
	}
	name := c.profile
	if name == "" {
		name = profiles.Default
	}
	sources, err := profiles.Get(name)
	if err != nil {
		return nil, err
	}
	origin := "profile " + name
	return &loadedConfiguration{sources, origin, origin, origin}, nil
}

// loadedConfiguration is a configuration, and where each part of it came from.
type loadedConfiguration struct {
	inject.Sources
	configOrigin, valuesOrigin, meshOrigin string
}

// explain puts in front of the errors of a configuration where it came from.
func (l *loadedConfiguration) explain(err error) error {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for i, err := range list {
		origin := l.configOrigin
		switch {
		case strings.HasPrefix(err.Error(), "injector values"):
			origin = l.valuesOrigin
		case strings.HasPrefix(err.Error(), "mesh config"):
			origin = l.meshOrigin
		}
		list[i] = fmt.Errorf("%s: %w", origin, err)
	}
	return errors.Join(list...)
}

// configurationText is one key's text.
type configurationText struct {
	text        []byte
	origin      string
	inConfigMap bool
}

// readConfiguration reads a key's text from a file: all of it, or what a
// ConfigMap in it has under the key. It need not have it unless it must.
func readConfiguration(file, key, revision string, must bool) (configurationText, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return configurationText{}, err
	}
	documents, err := readDocuments(text)
	if err != nil && !looksLikeConfigMap(text) {
		// Not even a manifest: the compiler tells what is wrong with it.
		return configurationText{text: text, origin: file}, nil
	}
	if err != nil {
		return configurationText{}, fmt.Errorf("%s: %w", file, err)
	}
	var maps []*tree.Value
	for _, document := range documents {
		maps = append(maps, objectsOf(document, "ConfigMap")...)
	}
	if len(maps) == 0 {
		return configurationText{text: text, origin: file}, nil
	}
	found, err := chooseConfigMap(maps, key, revision)
	if err != nil {
		return configurationText{}, fmt.Errorf("%s: %w", file, err)
	}
	if found == nil {
		if must {
			return configurationText{}, fmt.Errorf("%s: no ConfigMap in it has the key %q", file, key)
		}
		return configurationText{}, nil
	}
	return configurationText{
		text:        []byte(found.Get("data", key).Text()),
		origin:      fmt.Sprintf("%s: ConfigMap %s, key %q", file, found.Get("metadata", "name").Text(), key),
		inConfigMap: true,
	}, nil
}

// looksLikeConfigMap tells a broken manifest from text that was never one.
func looksLikeConfigMap(text []byte) bool {
	return bytes.HasPrefix(text, []byte("kind: ConfigMap")) || bytes.Contains(text, []byte("\nkind: ConfigMap"))
}

// chooseConfigMap finds the ConfigMap with a key, nil for none. Of several, as a
// namespace with more than one control plane has them, the one of the revision.
func chooseConfigMap(maps []*tree.Value, key, revision string) (*tree.Value, error) {
	usual := "istio-sidecar-injector"
	if key == "mesh" {
		usual = "istio"
	}
	if revision != "" && revision != "default" {
		usual += "-" + revision
	}
	var found *tree.Value
	var names []string
	for _, m := range maps {
		if m.Get("data", key).Kind() != tree.String {
			continue
		}
		name := m.Get("metadata", "name").Text()
		if name == usual {
			return m, nil
		}
		found = m
		names = append(names, name)
	}
	if len(names) > 1 {
		return nil, fmt.Errorf("several ConfigMaps have the key %q (%s), and none of them is named %s", key, strings.Join(names, ", "), usual)
	}
	return found, nil
}

// readDocuments reads a stream of manifests.
func readDocuments(text []byte) ([]*tree.Value, error) {
	var documents []*tree.Value
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return nil, err
		}
		document, err := tree.FromYAML(&node)
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// objectsOf lists the objects of a kind of the core group in a document, also
// those in a List.
func objectsOf(document *tree.Value, kind string) []*tree.Value {
	if document.Get("apiVersion").Text() != "v1" {
		return nil
	}
	switch document.Get("kind").Text() {
	case kind:
		return []*tree.Value{document}
	case kind + "List":
		return document.Get("items").Items()
	case "List":
		var list []*tree.Value
		for _, item := range document.Get("items").Items() {
			list = append(list, objectsOf(item, kind)...)
		}
		return list
	}
	return nil
}
