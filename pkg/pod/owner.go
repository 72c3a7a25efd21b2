package pod

import (
	"regexp"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Workload identifies the object that owns a pod template.
type Workload struct {
	APIVersion, Kind, Namespace, Name string
	// Selected are the labels by which the object finds its pods, where its manifest is
	// known. They have to stay.
	Selected []string
}

// A Job that a CronJob made has the time it was due behind its name, in minutes
// (Kubernetes 1.21 on) or seconds since 1970.
var cronJobName = regexp.MustCompile(`^(.+)-[0-9]{8,10}$`)

// OwnerOf returns the workload that a pod belongs to. Pods are owned by
// ReplicaSets and Jobs; people know the Deployment or CronJob above those, whose
// name can be told from theirs (spec: injection.md section 4).
func OwnerOf(p *tree.Value, namespace string) Workload {
	meta := p.Get("metadata")
	w := Workload{APIVersion: "v1", Kind: "Pod", Namespace: namespace, Name: meta.Get("name").Text()}
	if meta.Get("generateName").Text() == "" {
		return w
	}
	owner := controllerOf(meta)
	if owner == nil {
		return w
	}
	w.APIVersion, w.Kind, w.Name = owner.Get("apiVersion").Text(), owner.Get("kind").Text(), owner.Get("name").Text()
	labels := Labels(p)
	switch w.Kind {
	case "ReplicaSet":
		if name, ok := withoutHash(w.Name, labels.Value("rollouts-pod-template-hash")); ok {
			w.APIVersion, w.Kind, w.Name = "argoproj.io/v1alpha1", "Rollout", name
		} else if name, ok := withoutHash(w.Name, labels.Value("pod-template-hash")); ok {
			w.Kind, w.Name = "Deployment", name
		}
	case "ReplicationController":
		if name := labels.Value("deploymentconfig"); name != "" {
			w.Kind, w.Name = "DeploymentConfig", name
		}
	case "Job":
		if match := cronJobName.FindStringSubmatch(w.Name); match != nil {
			w.APIVersion, w.Kind, w.Name = "batch/v1", "CronJob", match[1]
		}
	}
	return w
}

func withoutHash(name, hash string) (string, bool) {
	if hash == "" {
		return name, false
	}
	return strings.CutSuffix(name, "-"+hash)
}

func controllerOf(meta *tree.Value) *tree.Value {
	for _, owner := range meta.Get("ownerReferences").Items() {
		if owner.Get("controller").True() {
			return owner
		}
	}
	return nil
}
