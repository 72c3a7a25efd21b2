package inject

import (
	"errors"
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
}

// Compile makes an injector of a configuration, or says what in it is wrong.
func Compile(s Sources, o Options) (*Injector, error) {
	config, err := tree.ParseYAMLObject(s.Config)
	if err != nil {
		return nil, fmt.Errorf("injector config: %w", err)
	}
	var g generation
	switch {
	case config.Get("templates") != nil:
		g, err = compileCurrent(config, s, o)
	case config.Get("template") != nil:
		g, err = compileV1(config, s)
	default:
		err = errors.New(`injector config: it has neither "templates" nor, as the 1.0 line does, "template"`)
	}
	if err != nil {
		return nil, err
	}
	return &Injector{generation: g, memory: replica.NewMemory(maxRemembered)}, nil
}

// stringMember returns a member that must be a string where it is there.
func stringMember(v *tree.Value, key string) (string, error) {
	switch field := v.Get(key); field.Kind() {
	case tree.String:
		return field.Text(), nil
	case tree.Null:
		return "", nil
	default:
		return "", fmt.Errorf("%s: a string is wanted, not %s", key, tree.Describe(field))
	}
}

// stringsMember returns a member that must be a list of strings where it is there.
func stringsMember(v *tree.Value, key string) ([]string, error) {
	field := v.Get(key)
	if k := field.Kind(); k != tree.Array && k != tree.Null {
		return nil, fmt.Errorf("%s: a list is wanted, not %s", key, tree.Describe(field))
	}
	var list []string
	for i, item := range field.Items() {
		s, ok := item.Str()
		if !ok {
			return nil, fmt.Errorf("%s[%d]: a string is wanted, not %s", key, i, tree.Describe(item))
		}
		list = append(list, s)
	}
	return list, nil
}
