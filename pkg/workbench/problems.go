package workbench

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// places finds lines in the panes.
type places struct {
	manifest             string
	config, values, mesh *yaml.Node
}

func newPlaces(manifest string, c Configuration) *places {
	p := &places{manifest: manifest}
	for _, pane := range []struct {
		text string
		node **yaml.Node
	}{{c.Config, &p.config}, {c.Values, &p.values}, {c.Mesh, &p.mesh}} {
		if all := explain.Documents(pane.text); len(all) > 0 {
			*pane.node = all[0]
		}
	}
	return p
}

// key is the line of a key, such as global.proxy.image of the values.
func (p *places) key(pane string, path ...string) *Place {
	root := map[string]*yaml.Node{PaneConfig: p.config, PaneValues: p.values, PaneMesh: p.mesh}[pane]
	found, ok := explain.At(root, path...)
	if !ok {
		return nil
	}
	return &Place{pane, found.Line}
}

// template is where a line of a template stands in the configuration. Lines of a
// template that is not written as a literal cannot be told apart, and are all where
// it begins.
func (p *places) template(name string, line int) *Place {
	path := []string{"templates", name}
	if _, ok := explain.At(p.config, path...); !ok {
		path = []string{"template"} // of the 1.0 line, which has one
	}
	found, ok := explain.At(p.config, path...)
	if !ok {
		return nil
	}
	if found.Node.Kind == yaml.ScalarNode && found.Node.Style&yaml.LiteralStyle != 0 && line > 0 {
		return &Place{PaneConfig, found.Node.Line + line}
	}
	return &Place{PaneConfig, found.Line}
}

// inManifest is the first line at or below one that has a text, as that of a key.
func (p *places) inManifest(from int, text string) *Place {
	lines := strings.Split(p.manifest, "\n")
	for i := max(from, 1); i <= len(lines); i++ {
		line := lines[i-1]
		if i > from && strings.HasPrefix(line, "---") {
			break
		}
		if strings.Contains(line, text) {
			return &Place{PaneManifest, i}
		}
	}
	return nil
}

var (
	inTemplate   = regexp.MustCompile(`\btemplate: ([^:\s]+):(\d+)(?::\d+)?:`)
	ofTemplate   = regexp.MustCompile(`\btemplate "([^"]+)"`)
	onLine       = regexp.MustCompile(`\bline (\d+)`)
	ofAnnotation = regexp.MustCompile(`\b(?:annotation|label) ([\w.-]+/[\w.-]+)`)
	ofKey        = regexp.MustCompile(`^([a-zA-Z]+)(?:\[\d+\])?(?:: |\.| )`)
)

// ofConfiguration puts the errors of compiling at their places.
func (p *places) ofConfiguration(err error) []Problem {
	var problems []Problem
	for _, err := range unjoined(err) {
		message := err.Error()
		place := Place{PaneConfig, 1}
		switch {
		case strings.HasPrefix(message, "injector values: "):
			place.Pane = PaneValues
		case strings.HasPrefix(message, "mesh config: "):
			place.Pane = PaneMesh
		}
		if _, rest, ok := strings.Cut(message, ": "); ok {
			place = p.within(place.Pane, message, rest)
		}
		problems = append(problems, Problem{Severity: "error", Place: place, Message: message})
	}
	return problems
}

// within finds the line that an error of a pane is about: that of a template, a
// line that it names, or the key that it begins with.
func (p *places) within(pane, message, rest string) Place {
	if found := p.ofTemplate(message); found != nil {
		return *found
	}
	if m := onLine.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		return Place{pane, max(line, 1)}
	}
	// The keys that it begins with, as far as there are such.
	place := Place{pane, 1}
	var path []string
	for m := ofKey.FindStringSubmatch(rest); m != nil; m = ofKey.FindStringSubmatch(rest) {
		path = append(path, m[1])
		found := p.key(pane, path...)
		if found == nil {
			break
		}
		place, rest = *found, rest[len(m[0]):]
	}
	return place
}

// ofTemplate finds the place of a template that an error names, nil for none.
func (p *places) ofTemplate(message string) *Place {
	if m := inTemplate.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[2])
		return p.template(m[1], line)
	}
	if m := ofTemplate.FindStringSubmatch(message); m != nil {
		return p.template(m[1], 0)
	}
	return nil
}

// ofPod finds what an error or warning about a pod is about: a template, an
// annotation or label, or else the workload.
func (p *places) ofPod(message string, line int) Place {
	if found := p.ofTemplate(message); found != nil {
		return *found
	}
	if m := ofAnnotation.FindStringSubmatch(message); m != nil {
		if found := p.inManifest(line, m[1]); found != nil {
			return *found
		}
	}
	return Place{PaneManifest, line}
}

var beforeMessage = regexp.MustCompile(`(?s)^manifest:(\d+): (.*)$`)

// ofManifest puts the errors of reading manifests at their lines. Those of
// workloads were noted where they came up.
func (p *places) ofManifest(err error) []Problem {
	var problems []Problem
	for _, err := range unjoined(err) {
		if refused := (*refusal)(nil); errors.As(err, &refused) {
			continue
		}
		problem := Problem{Severity: "error", Place: Place{PaneManifest, 1}, Message: err.Error()}
		if m := beforeMessage.FindStringSubmatch(problem.Message); m != nil {
			problem.Line, _ = strconv.Atoi(m[1])
			problem.Message = m[2]
		}
		problems = append(problems, problem)
	}
	return problems
}

func unjoined(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, err := range joined.Unwrap() {
			list = append(list, unjoined(err)...)
		}
		return list
	}
	return []error{err}
}

// read finds where a value stands that a writer went by, nil where that is nowhere
// in the panes, as with a default.
func (p *places) read(r Read, line int) *Place {
	switch r.Kind {
	case "values":
		return p.key(PaneValues, strings.Split(r.Path, ".")...)
	case "mesh":
		return p.key(PaneMesh, strings.Split(r.Path, ".")...)
	case "annotation", "label":
		return p.inManifest(line, r.Path)
	case "proxyconfig":
		switch r.From {
		case mesh.FromMesh:
			return p.key(PaneMesh, append([]string{"defaultConfig"}, strings.Split(r.Path, ".")...)...)
		case mesh.FromAnnotation:
			return p.inManifest(line, pod.ProxyConfigKey)
		}
		return nil
	default:
		return nil
	}
}
