package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says where the objects of one kind keep their pod template. Versions of
// the API group are not told apart.
type Kind struct {
	// Group is the API group, empty for the core group.
	Group string
	// Name is the kind's name, such as "Deployment".
	Name string
	// Metadata and Spec are the members to go through, from the object, to the
	// pod's metadata and to the pod's spec.
	Metadata, Spec []string
	// Optional kinds may stand without a pod template; such objects pass
	// untouched. In others a missing template is an error.
	Optional bool
}

func templateAt(group, name string, path ...string) Kind {
	return Kind{
		Group:    group,
		Name:     name,
		Metadata: append(slices.Clone(path), "metadata"),
		Spec:     append(slices.Clone(path), "spec"),
	}
}

func optional(k Kind) Kind {
	k.Optional = true
	return k
}

// builtin are the kinds of spec: injection.md section 11, and those of the
// projects that people most often run beside a mesh.
var builtin = []Kind{
	templateAt("", "Pod"),
	templateAt("", "ReplicationController", "spec", "template"),
	templateAt("", "DeploymentConfig", "spec", "template"),
	templateAt("apps.openshift.io", "DeploymentConfig", "spec", "template"),
	templateAt("apps", "Deployment", "spec", "template"),
	templateAt("apps", "DaemonSet", "spec", "template"),
	templateAt("apps", "ReplicaSet", "spec", "template"),
	templateAt("apps", "StatefulSet", "spec", "template"),
	templateAt("extensions", "Deployment", "spec", "template"),
	templateAt("extensions", "DaemonSet", "spec", "template"),
	templateAt("extensions", "ReplicaSet", "spec", "template"),
	templateAt("batch", "Job", "spec", "template"),
	{
		// The annotations and labels of a CronJob's pods are read from and
		// written to its job template (spec: injection.md section 11).
		Group:    "batch",
		Name:     "CronJob",
		Metadata: []string{"spec", "jobTemplate", "metadata"},
		Spec:     []string{"spec", "jobTemplate", "spec", "template", "spec"},
	},
	// A Rollout may name a Deployment (workloadRef) in place of a template.
	optional(templateAt("argoproj.io", "Rollout", "spec", "template")),
	templateAt("serving.knative.dev", "Service", "spec", "template"),
	templateAt("apps.kruise.io", "CloneSet", "spec", "template"),
}

// ParseKind reads KIND.GROUP=path.to.podTemplate, for example
// "Rollout.argoproj.io=spec.template". A kind of the core group has no dot.
func ParseKind(s string) (Kind, error) {
	name, path, ok := strings.Cut(s, "=")
	if !ok {
		return Kind{}, fmt.Errorf("workload kind %q: want KIND.GROUP=path.to.podTemplate", s)
	}
	kind, group, dotted := strings.Cut(name, ".")
	if kind == "" || (dotted && group == "") {
		return Kind{}, fmt.Errorf("workload kind %q: %q is no KIND.GROUP", s, name)
	}
	segments := strings.Split(path, ".")
	if slices.Contains(segments, "") {
		return Kind{}, fmt.Errorf("workload kind %q: %q is no path to a pod template", s, path)
	}
	return templateAt(group, kind, segments...), nil
}

// kinds finds kinds by group and name.
type kinds map[[2]string]Kind

// newKinds puts extra kinds over the built-in ones.
func newKinds(extra []Kind) kinds {
	all := make(kinds, len(builtin)+len(extra))
	for _, k := range builtin {
		all[[2]string{k.Group, k.Name}] = k
	}
	for _, k := range extra {
		all[[2]string{k.Group, k.Name}] = k
	}
	return all
}

func (k kinds) find(apiVersion, kind string) (Kind, bool) {
	found, ok := k[[2]string{groupOf(apiVersion), kind}]
	return found, ok
}

// listed is the kind of the items of a typed list, such as a DeploymentList;
// ok is false for anything else.
func (k kinds) listed(apiVersion, kind string) (item string, ok bool) {
	item, isList := strings.CutSuffix(kind, "List")
	if !isList || item == "" {
		return "", false
	}
	_, ok = k.find(apiVersion, item)
	return item, ok
}

func groupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}
