package pod

import "github.com/outrigger-io/outrigger/pkg/tree"

// What a controller puts behind a workload's name to name what it makes of it.
const (
	templateHash = "6b7c9d5f48" // of a Deployment's ReplicaSet
	dueTime      = "29000000"   // of a CronJob's Job
)

// Created is the pod that a workload's controller makes of its template, as a webhook
// gets it: with an owner, by which OwnerOf finds the workload.
func Created(template *tree.Value, w Workload) *tree.Value {
	pod := template.WithAt(tree.NewString(w.Namespace), "metadata", "namespace")
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
