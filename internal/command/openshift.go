package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// namespaceAnnotations finds the annotations of a workload's namespace. ok is
// false where nothing is known of it.
type namespaceAnnotations struct {
	byName map[string]map[string]string
	only   map[string]string // of the only namespace there is
}

// checkPlatform finds what is wrong with the flags that are about a platform.
func checkPlatform(platform, namespaceFile string) error {
	switch {
	case platform != "" && platform != "openshift":
		return fmt.Errorf("--platform %q: the only value is openshift", platform)
	case platform == "" && namespaceFile != "":
		return errors.New("--namespace-file requires --platform openshift")
	}
	return nil
}

func readNamespaces(files *configuration.Files, file string) (*namespaceAnnotations, error) {
	namespaces, err := files.Objects(file, configuration.Kind{Name: "Namespace"})
	if err != nil {
		return nil, err
	}
	n := &namespaceAnnotations{byName: map[string]map[string]string{}}
	for _, namespace := range namespaces {
		n.byName[namespace.Get("metadata", "name").Text()] = annotationsOf(namespace.Value)
	}
	if len(namespaces) == 1 {
		n.only = annotationsOf(namespaces[0].Value)
	}
	return n, nil
}

func annotationsOf(object *tree.Value) map[string]string {
	annotations := map[string]string{}
	for _, m := range object.Get("metadata", "annotations").Members() {
		annotations[m.Key] = m.Value.Text()
	}
	return annotations
}

// of returns the annotations for a workload of a namespace. One that names no
// namespace is taken to be of the only one there is.
func (n *namespaceAnnotations) of(namespace string) (annotations map[string]string, ok bool) {
	if n == nil {
		return nil, true
	}
	if annotations, ok = n.byName[namespace]; ok {
		return annotations, true
	}
	if namespace == "" && n.only != nil {
		return n.only, true
	}
	return nil, false
}

// Annotations are those of a namespace for a server without a cluster, none where
// the namespace is not known.
func (n *namespaceAnnotations) Annotations(_ context.Context, namespace string) (map[string]string, error) {
	annotations, _ := n.of(namespace)
	return annotations, nil
}
