package configuration

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The keys of ConfigMaps, of the injector's the first two.
const (
	keyConfig = "config"
	keyValues = "values"
	keyMesh   = "mesh"
)

// The names of a control plane's ConfigMaps, which end in -REVISION where it has
// one (spec: injection.md section 1).
const (
	injectorName = "istio-sidecar-injector"
	meshName     = "istio"
)

// labelRevision is on all objects of a control plane's installation.
const labelRevision = "istio.io/rev"

// configMap is one of a file's.
type configMap struct {
	file            string
	namespace, name string
	data            *tree.Value

	// revision is the control plane's as its name says it, else its label, else its
	// values. Not known: nothing says it, not even a usual name.
	revision string
	known    bool
	// claims are all that say so: copies are made by changing only one of them.
	claims []string
}

func newConfigMap(file string, object *tree.Value) *configMap {
	m := &configMap{
		file:      file,
		namespace: object.Get("metadata", "namespace").Text(),
		name:      object.Get("metadata", "name").Text(),
		data:      object.Get("data"),
	}
	suffix, usual := revisionOfName(m.name)
	if suffix != "" {
		m.claims = append(m.claims, suffix)
	}
	if label := object.Get("metadata", "labels", labelRevision).Text(); label != "" {
		m.claims = append(m.claims, label)
	}
	if revision, ok := revisionOfValues([]byte(m.data.Get(keyValues).Text())); ok {
		m.claims = append(m.claims, revision)
	}
	if len(m.claims) == 0 && usual {
		m.claims = []string{""}
	}
	if m.known = len(m.claims) > 0; m.known {
		m.revision = named(m.claims[0])
	}
	return m
}

// generated is what kustomize puts behind the name of a ConfigMap that it makes.
var generated = regexp.MustCompile(`-[2456789bcdfghkmt]{10}$`)

// revisionOfName is what stands behind a usual name.
func revisionOfName(name string) (revision string, usual bool) {
	name = generated.ReplaceAllLiteralString(name, "")
	for _, usual := range []string{injectorName, meshName} {
		if name == usual {
			return "", true
		}
		if revision, ok := strings.CutPrefix(name, usual+"-"); ok {
			return revision, true
		}
	}
	return "", false
}

// revisionOfValues is the revision of the control plane that values are of. The
// first releases' do not say it.
func revisionOfValues(text []byte) (revision string, ok bool) {
	if len(text) == 0 {
		return "", false
	}
	values, err := tree.Parse(text)
	if err != nil {
		if values, err = tree.ParseYAML(text); err != nil {
			return "", false // compiling them tells what is wrong
		}
	}
	return values.Get("revision").Str()
}

// named is a revision with the default one's name taken for what it is.
func named(revision string) string {
	if revision == "default" {
		return ""
	}
	return revision
}

func sameRevision(a, b string) bool { return named(a) == named(b) }

func describeRevision(revision string) string {
	if named(revision) == "" {
		return "the default revision"
	}
	return "revision " + revision
}

func (m *configMap) claimed(revision string) bool {
	return slices.ContainsFunc(m.claims, func(claim string) bool { return sameRevision(claim, revision) })
}

func (m *configMap) has(key string) bool { return m.data.Get(key) != nil }

// isUsual tells ConfigMaps that a control plane keeps a key in by their names.
func (m *configMap) isUsual(key string) bool {
	usual := injectorName
	if key == keyMesh {
		usual = meshName
	}
	return m.name == usual || strings.HasPrefix(m.name, usual+"-")
}

// templates begins the member of an injector's configuration without which it is
// none. Other ConfigMaps have a key "config" too.
var templates = regexp.MustCompile(`(?m)^["']?templates?["']?\s*:|"templates?"\s*:`)

func (m *configMap) isInjector() bool { return templates.MatchString(m.data.Get(keyConfig).Text()) }

func (m *configMap) title() string {
	if m.namespace == "" {
		return "ConfigMap " + m.name
	}
	return "ConfigMap " + m.namespace + "/" + m.name
}

func (m *configMap) origin() string { return m.file + ": " + m.title() }

// text is what stands under a key, and where that is.
func (m *configMap) text(key string) (text []byte, origin string, err error) {
	origin = fmt.Sprintf("%s, key %q", m.origin(), key)
	s, ok := m.data.Get(key).Str()
	if !ok {
		return nil, "", fmt.Errorf("%s: a ConfigMap holds text, and this is none: is a | missing behind the key?", origin)
	}
	return decoded([]byte(s)), origin, nil
}
