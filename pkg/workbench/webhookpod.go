package workbench

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// asTemplate takes off a pod again what pod.Created put on.
func asTemplate(pod, template *tree.Value) *tree.Value {
	metadata := pod.Get("metadata")
	for _, key := range []string{"namespace", "name", "generateName", "ownerReferences"} {
		metadata = withOriginal(metadata, template.Get("metadata"), key)
	}
	labels := metadata.Get("labels")
	for _, key := range []string{"pod-template-hash", "rollouts-pod-template-hash"} {
		labels = withOriginal(labels, template.Get("metadata", "labels"), key)
	}
	metadata = orOriginal(metadata, template.Get("metadata"), "labels", labels)
	return orOriginal(pod, template, "metadata", metadata)
}

// withOriginal gives a member of an object the value it had before, if any.
func withOriginal(v, original *tree.Value, key string) *tree.Value {
	if v == nil {
		return nil
	}
	if was := original.Get(key); was != nil {
		return v.With(key, was)
	}
	return v.Without(key)
}

// orOriginal sets a member, unless it is an empty object that was not there.
func orOriginal(v, original *tree.Value, key string, member *tree.Value) *tree.Value {
	if member.Len() == 0 {
		return withOriginal(v, original, key)
	}
	return v.With(key, member)
}

// podOf reads a workload's pod template.
func podOf(w manifest.Workload) (*tree.Value, error) {
	pod, err := tree.Parse(w.Pod)
	if err != nil {
		return nil, fmt.Errorf("pod template: %w", err)
	}
	return pod, nil
}
