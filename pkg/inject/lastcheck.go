package inject

import (
	"errors"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkResult refuses what Kubernetes would refuse of what injection added or changed:
// whoever made the pod is told here what is wrong, and where it comes from. Replicas
// have passed once.
func (c *configuration) checkResult(j *job, f *rule.Facts, injected *tree.Value) error {
	var errs []error
	for _, fault := range (podmerge.Result{Before: j.pod, After: injected, VolumesElsewhere: !j.hasAllVolumes()}).Faults() {
		if c.installed && fault.OfLists {
			j.warn("%v; so does the control plane that wrote this configuration make it, and Kubernetes refuses the pod", fault)
			continue
		}
		errs = append(errs, blamed(fault, f.Overlays))
	}
	if _, _, proxy := pod.FindProxy(injected); j.pod.Get("spec", "resources").Len() > 0 && proxy != nil && proxy.Get("resources").Len() == 0 {
		j.warn("the pod has resources as a whole, which its proxy shares without requests and limits of its own; annotations such as sidecar.istio.io/proxyCPU ask for some")
	}
	return refused(InvalidResult, errors.Join(errs...))
}

// blamed names the template that a fault comes from, where one has something there.
func blamed(fault *podmerge.Fault, overlays []rule.Rendered) error {
	for _, overlay := range slices.Backward(overlays) {
		if fault.In(overlay.Pod) {
			return &rule.TemplateError{Template: overlay.Template, Err: fault}
		}
	}
	return fault
}

// hasAllVolumes says that no volume of a pod stands elsewhere than in its spec, as the
// claims of a StatefulSet do.
func (j *job) hasAllVolumes() bool {
	if !j.fromManifest() {
		return true
	}
	switch j.Request.Workload.Kind {
	case "Pod", "Deployment", "ReplicaSet", "ReplicationController", "DeploymentConfig", "DaemonSet", "Job", "CronJob":
		return true
	}
	return false
}
