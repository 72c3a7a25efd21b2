package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// namespaceAnnotations finds the annotations of a workload's namespace. ok is
// false where nothing is known of it.
type namespaceAnnotations struct {
	byName map[string]map[string]string
	only   map[string]string // of the only namespace there is
}

func readNamespaces(file string) (*namespaceAnnotations, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	documents, err := readDocuments(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	n := &namespaceAnnotations{byName: map[string]map[string]string{}}
	count := 0
	for _, document := range documents {
		for _, namespace := range objectsOf(document, "Namespace") {
			count++
			n.only = annotationsOf(namespace)
			n.byName[namespace.Get("metadata", "name").Text()] = n.only
		}
	}
	switch {
	case count == 0:
		return nil, errors.New(file + ": there is no Namespace in it")
	case count > 1:
		n.only = nil
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
