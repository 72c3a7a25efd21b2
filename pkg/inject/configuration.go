package inject

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// configuration is an injection configuration, compiled.
type configuration struct {
	format *format
	selection
	templates           map[string]*podtemplate.Template
	readings            map[string]replica.Reading // of each template
	defaultTemplates    []string
	aliases             map[string][]string
	injectedAnnotations []tree.Member
	texts               []string // of the templates
	mentioned           struct {
		once  sync.Once
		names map[string]bool
	}
	version string // of the one template: its SHA-256
	values  podtemplate.Values
	mesh    *mesh.Mesh
	rules   []rule.Rule
	// installed says that the installer of a control plane wrote the configuration: it
	// gives what that control plane gives, to the letter, also where that is a container
	// too many or none (docs/configuration.md, "A control plane's own configuration").
	installed bool
	options   Options
	warned    []string
}

// installedTemplates are the names of those that installers of a control plane write.
var installedTemplates = []string{
	"sidecar", "gateway", "grpc-simple", "grpc-agent", "spire", "waypoint", "kube-gateway", "agentgateway", "agentgateway-waypoint",
}

// isInstalled says that a template is one of the installer's, and not one that somebody
// has put beside them.
func (c *configuration) isInstalled(template string) bool {
	return c.installed && slices.Contains(installedTemplates, template)
}

// theTemplate is the name of the template in formats of one, after its key.
const theTemplate = "template"

func compile(config *tree.Value, s Sources, o Options) (*configuration, error) {
	c := &configuration{
		format:    formatOf(config),
		templates: map[string]*podtemplate.Template{},
		readings:  map[string]replica.Reading{},
		aliases:   map[string][]string{},
		options:   o,
		warned:    o.Warned,
	}
	if c.format == nil {
		return nil, errors.New(`injector config: it has neither "templates" nor, as the releases to 1.8 do, "template"`)
	}
	var errs []error
	note := func(where string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
	}
	var err error
	c.policy, err = stringMember(config, "policy")
	note("injector config", err)
	templates := config.Get("templates")
	// Beside its templates it leaves a text in the place of the one that there was to
	// 1.8, for injectors of that time to stumble over.
	c.installed = templates != nil && config.Get(theTemplate) != nil
	if c.format.oneTemplate {
		text, err := stringMember(config, "template")
		note("injector config", err)
		sum := sha256.Sum256([]byte(text))
		c.version = hex.EncodeToString(sum[:])
		templates = tree.NewObject(tree.Member{Key: theTemplate, Value: tree.NewString(text)})
		c.defaultTemplates = []string{theTemplate}
	} else {
		c.defaultTemplates, err = stringsMember(config, "defaultTemplates")
		note("injector config", err)
		if len(c.defaultTemplates) == 0 {
			c.defaultTemplates = []string{"sidecar"}
		}
	}
	c.values, err = podtemplate.ParseValues(s.Values)
	note("injector values", err)
	errs = append(errs, c.parseTemplates(templates)...)
	for _, m := range config.Get("aliases").Members() {
		c.aliases[m.Key], err = stringsMember(config.Get("aliases"), m.Key)
		note("injector config: aliases", err)
	}
	for _, m := range config.Get("injectedAnnotations").Members() {
		text, err := stringMember(config.Get("injectedAnnotations"), m.Key)
		note("injector config: injectedAnnotations", err)
		c.injectedAnnotations = append(c.injectedAnnotations, tree.Member{Key: m.Key, Value: tree.NewString(text)})
	}
	var warned []string
	c.never, warned = selectors(config, "neverInjectSelector")
	c.warned = append(c.warned, warned...)
	c.always, warned = selectors(config, "alwaysInjectSelector")
	c.warned = append(c.warned, warned...)
	note("mesh config", c.readMesh(s.Mesh))
	if c.policy != policyEnabled && c.policy != policyDisabled {
		c.warned = append(c.warned, fmt.Sprintf("injector config: policy %q is neither enabled nor disabled, so no pod is injected", c.policy))
	}
	c.rules = c.format.rules(c)
	return c, errors.Join(errs...)
}

// parseTemplates parses all templates at once: that is half of compiling a
// configuration, which every start of the command waits for.
func (c *configuration) parseTemplates(templates *tree.Value) []error {
	dialect := c.format.dialect(c)
	dialect.Values = c.values
	members := templates.Members()
	parsed, errs := make([]*podtemplate.Template, len(members)), make([]error, len(members))
	var parsing sync.WaitGroup
	for i, m := range members {
		text, err := stringMember(templates, m.Key)
		if err != nil {
			errs[i] = fmt.Errorf("injector config: templates: %w", err)
			continue
		}
		c.texts = append(c.texts, text)
		parsing.Go(func() {
			if parsed[i], err = dialect.Parse(m.Key, text); err != nil {
				errs[i] = fmt.Errorf("injector config: %w", err)
			}
		})
	}
	parsing.Wait()
	for i, m := range members {
		if parsed[i] != nil {
			c.templates[m.Key], c.readings[m.Key] = parsed[i], replica.ReadingOf(parsed[i].Reads)
		}
	}
	return errs
}

// annotationName is what can be the name of an annotation, with its domain.
var annotationName = regexp.MustCompile(`[\w.-]+/[\w.-]+`)

// mentions says whether a template has a name in it that can be an annotation's. They are
// looked for once, when the first pod is odd enough.
func (c *configuration) mentions(name string) bool {
	c.mentioned.once.Do(func() {
		c.mentioned.names = map[string]bool{}
		for _, text := range c.texts {
			for _, name := range annotationName.FindAllString(text, -1) {
				c.mentioned.names[name] = true
			}
		}
	})
	return c.mentioned.names[name]
}

// maxTemplates is how many templates a pod can have: each is rendered as often as it
// is asked for.
const maxTemplates = 64

// selected returns the names of the templates for a pod, aliases resolved.
func (c *configuration) selected(p *tree.Value) ([]string, error) {
	wanted, asked := c.defaultTemplates, ""
	if text, ok := pod.Annotations(p).Get(pod.TemplatesKey); ok && !c.format.oneTemplate {
		wanted, asked = nil, "annotation "+pod.TemplatesKey+": "
		for name := range strings.SplitSeq(text, ",") {
			wanted = append(wanted, strings.TrimSpace(name))
		}
	}
	var names []string
	for _, name := range wanted {
		if behind, ok := c.aliases[name]; ok {
			names = append(names, behind...)
		} else {
			names = append(names, name)
		}
	}
	if len(names) > maxTemplates {
		return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("annotation %s: it asks for %d templates, and a pod can have %d", pod.TemplatesKey, len(names), maxTemplates)}
	}
	for _, name := range names {
		if c.templates[name] == nil {
			known := slices.Sorted(maps.Keys(c.templates))
			return nil, &RefusedError{TemplateUnknown, fmt.Errorf("%stemplate %q is unknown; the configuration has %s", asked, name, strings.Join(known, ", "))}
		}
	}
	return names, nil
}

// reads says what the templates for a pod can learn of the fields that vary among its
// replicas.
func (c *configuration) reads(p *tree.Value) replica.Reading {
	names, err := c.selected(p)
	if err != nil {
		return replica.Reading{Never: true} // no two refusals are worth remembering
	}
	var r replica.Reading
	for _, name := range names {
		r = r.And(c.readings[name])
	}
	return r
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
