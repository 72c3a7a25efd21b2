package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Remark is about an object that is passed on as it is.
type Remark struct {
	// Workload names the object. It has no Pod.
	Workload
	// Reason is why an object with pods is not looked into. Empty for a warning.
	Reason inject.Reason
	// Text is the sentence for people.
	Text string
}

func (rw *rewriter) tell(o object, reason inject.Reason, text string) {
	if rw.remark == nil {
		return
	}
	rw.remark(Remark{
		Workload: Workload{File: rw.file, Line: o.line, APIVersion: o.apiVersion, Kind: o.kindName, Namespace: o.namespace, Name: o.name},
		Reason:   reason, Text: text,
	})
}

// whyLeftAlone are the sentences for kinds that are left alone.
var whyLeftAlone = map[inject.Reason]string{
	inject.KnativeService: "Knative refuses what injection adds to its objects; give the revision template the label sidecar.istio.io/inject: \"true\", and the webhook injects the pods",
}

// passBy remarks on an object that is not changed: of is its kind, if that is known.
func (rw *rewriter) passBy(d *document, n *node, o object, of []Kind) {
	switch {
	case of != nil:
		rw.tell(o, of[0].leftAlone, whyLeftAlone[of[0].leftAlone])
	case rw.remark == nil:
	case isTemplate(o.apiVersion, o.kindName):
		if m, ok, err := d.lookup(n, "objects"); err == nil && ok && rw.holdsPods(d, m.value) {
			rw.tell(o, inject.TemplateNotProcessed, "templates are not looked into; make manifests of it first, with oc process")
		}
	case groupOf(o.apiVersion) == "kustomize.config.k8s.io":
		rw.tell(o, "", "it tells kustomize what to build, and is passed on as it is; build first, with kustomize build, and inject what comes out")
	default:
		if path := lookalike(d, n); path != nil {
			kind := o.kindName
			if group := groupOf(o.apiVersion); group != "" {
				kind += "." + group
			}
			at := showPath(path)
			rw.tell(o, inject.PodTemplateUnnamed, fmt.Sprintf("it has a pod template at %s, which is not looked at; if it is one, say --workload %s=%s", at, kind, at))
		}
	}
}

// isTemplate tells OpenShift's parameterized lists of objects.
func isTemplate(apiVersion, kind string) bool {
	return kind == "Template" && (apiVersion == "v1" || groupOf(apiVersion) == "template.openshift.io")
}

// holdsPods tells whether there are pod templates among the objects of a Template.
func (rw *rewriter) holdsPods(d *document, objects *node) bool {
	for _, e := range objects.entries {
		object := deref(e.value)
		if object.form != objectForm {
			continue
		}
		if rw.holds(d.textOf(object, "apiVersion"), d.textOf(object, "kind")) || lookalike(d, object) != nil {
			return true
		}
	}
	return false
}

// lookalike is the path to the first value in an object that looks like a pod
// template, nil for none. Of the items of a list all are meant.
func lookalike(d *document, n *node) []string {
	return findLookalike(d, n, nil)
}

func findLookalike(d *document, n *node, path []string) []string {
	switch n.form {
	case objectForm:
		if len(path) > 0 && isPodTemplate(d, n) {
			return path
		}
		for _, e := range n.entries {
			if e.key == nil || e.key.form != scalarForm {
				continue
			}
			if found := findLookalike(d, e.value, append(path[:len(path):len(path)], e.name())); found != nil {
				return found
			}
		}
	case arrayForm:
		for _, e := range n.entries {
			if found := findLookalike(d, e.value, append(path[:len(path):len(path)], EachItem)); found != nil {
				return found
			}
		}
	}
	return nil
}

// isPodTemplate tells an object with a spec with containers that have names. Policies
// that have patterns for pods have none there, or wildcards.
func isPodTemplate(d *document, n *node) bool {
	spec, ok, err := d.lookup(n, "spec")
	if err != nil || !ok || spec.value.form != objectForm {
		return false
	}
	containers, ok, err := d.lookup(spec.value, "containers")
	if err != nil || !ok || containers.value.form != arrayForm || len(containers.value.entries) == 0 {
		return false
	}
	for _, e := range containers.value.entries {
		container := deref(e.value)
		if container.form != objectForm || !containerName.MatchString(d.textOf(container, "name")) {
			return false
		}
	}
	return true
}

// containerName is what Kubernetes allows, and the parameters of templates.
var containerName = regexp.MustCompile(`^[a-z0-9${}A-Z_-]+$`)

// mayBeWorkload tells whether a document of a kind that is not known is worth a
// closer look.
func mayBeWorkload(root *yaml.Node, h head) bool {
	return h.mayBeWorkload(func() bool { return listsContainers(root) })
}

func (d *document) mayBeWorkload() bool {
	return d.head.mayBeWorkload(func() bool { return d.root.listsContainers() })
}

func (h head) mayBeWorkload(listsContainers func() bool) bool {
	if h.kind == "CustomResourceDefinition" {
		return false
	}
	return isTemplate(h.apiVersion, h.kind) || strings.HasPrefix(h.apiVersion, "kustomize.config.k8s.io/") || listsContainers()
}

func listsContainers(y *yaml.Node) bool {
	for key, value := range pairs(y) {
		if key.Value == "containers" && value.Kind == yaml.SequenceNode {
			return true
		}
	}
	for _, child := range y.Content {
		if (child.Kind == yaml.MappingNode || child.Kind == yaml.SequenceNode) && listsContainers(child) {
			return true
		}
	}
	return false
}

// listsContainers is the same of a document with no aliases.
func (n *node) listsContainers() bool {
	for _, e := range n.entries {
		if e.key != nil && e.value.form == arrayForm && e.key.scalar.text == "containers" || e.value.listsContainers() {
			return true
		}
	}
	return false
}
