package workbench

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// What a controller puts behind a workload's name to name what it makes of it.
const (
	templateHash = "6b7c9d5f48" // of a Deployment's ReplicaSet
	dueTime      = "29000000"   // of a CronJob's Job
)

// createdPod is the pod that a workload's controller makes of its template, as the
// webhook gets it: with an owner, by which the engine finds the workload.
func createdPod(template *tree.Value, w manifest.Workload, namespace string) *tree.Value {
	pod := template.WithAt(tree.NewString(namespace), "metadata", "namespace")
	if w.Kind == "Pod" {
		return pod.WithAt(tree.NewString(w.Name), "metadata", "name")
	}
	apiVersion, kind, name := w.APIVersion, w.Kind, w.Name
	switch {
	case w.Kind == "Deployment":
		kind, name = "ReplicaSet", name+"-"+templateHash
		pod = pod.WithAt(tree.NewString(templateHash), "metadata", "labels", "pod-template-hash")
	case w.Kind == "Rollout":
		apiVersion, kind, name = "apps/v1", "ReplicaSet", name+"-"+templateHash
		pod = pod.WithAt(tree.NewString(templateHash), "metadata", "labels", "rollouts-pod-template-hash")
	case w.Kind == "CronJob":
		kind, name = "Job", name+"-"+dueTime
	}
	owner := tree.NewObject(
		tree.Member{Key: "apiVersion", Value: tree.NewString(apiVersion)},
		tree.Member{Key: "kind", Value: tree.NewString(kind)},
		tree.Member{Key: "name", Value: tree.NewString(name)},
		tree.Member{Key: "controller", Value: tree.NewBool(true)},
	)
	pod = pod.WithAt(tree.NewString(name+"-"), "metadata", "generateName")
	return pod.WithAt(tree.NewArray(owner), "metadata", "ownerReferences")
}

// asTemplate takes off a pod again what createdPod put on.
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
