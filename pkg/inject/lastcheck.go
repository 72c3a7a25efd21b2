package inject

import (
	"errors"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkResult refuses what Kubernetes would refuse of what injection added or changed:
// whoever made the pod is told here what is wrong, and where it comes from. Replicas
// have passed once.
func (c *configuration) checkResult(j *job, f *rule.Facts, injected *tree.Value) error {
	var errs []error
	for _, fault := range (podmerge.Result{Before: j.pod, After: injected, VolumesElsewhere: !j.hasAllVolumes()}).Faults() {
		from, place := blamed(fault, f.Overlays)
		switch {
		case c.installed && fault.OfLists && (from == nil || c.isInstalled(from.Template)):
			j.warn("%v; so does the control plane that wrote this configuration make it, and Kubernetes refuses the pod", fault)
		case from == nil:
			errs = append(errs, fault)
		default:
			errs = append(errs, c.templateError(from.Template, j, place, fault))
		}
	}
	if _, _, proxy := pod.FindProxy(injected); j.pod.Get("spec", "resources").Len() > 0 && proxy != nil && proxy.Get("resources").Len() == 0 {
		j.warn("the pod has resources as a whole, which its proxy shares without requests and limits of its own; annotations such as sidecar.istio.io/proxyCPU ask for some")
	}
	return refused(InvalidResult, errors.Join(errs...))
}

// blamed is what was rendered that a fault comes from, and the place in it: the last of
// those that have most of what is on the way to it. It is nil where none has.
func blamed(fault *podmerge.Fault, overlays []rule.Rendered) (from *rule.Rendered, place []string) {
	least := fault.Least()
	for i := range slices.Backward(overlays) {
		steps, all := within(overlays[i].Pod, fault)
		if len(steps) >= least && len(steps) > len(place) {
			from, place = &overlays[i], steps
		}
		if all {
			break
		}
	}
	return from, place
}

// within finds the way to a fault in an overlay, which may have the container in another
// list than the pod.
func within(overlay *tree.Value, fault *podmerge.Fault) (steps []string, all bool) {
	steps, all = fault.Within(overlay)
	if all || len(fault.Path) < 3 || otherList[fault.Path[1].Name] == "" {
		return steps, all
	}
	elsewhere := podmerge.Fault{Path: slices.Clone(fault.Path)}
	elsewhere.Path[1].Name = otherList[fault.Path[1].Name]
	if there, all := elsewhere.Within(overlay); len(there) > max(len(steps), 2) {
		return there, all
	}
	return steps, false
}

// templateError names the line of a template that wrote what is in a place of its
// overlay. It is only looked for once something is wrong there.
func (c *configuration) templateError(template string, j *job, place []string, err error) error {
	e := &rule.TemplateError{Template: template, Err: err}
	trace := c.traced(template, j)
	if trace == nil {
		return e
	}
	if c.format.oneTemplate {
		place = inText(place)
	}
	e.Line, e.Annotation = trace.Line(place), trace.Annotation(place)
	return e
}

// traced is the trace of a template, made once for all that is wrong; nil where it fails.
func (c *configuration) traced(template string, j *job) *podtemplate.Trace {
	trace, made := j.traces[template]
	if !made {
		trace, _ = c.templates[template].Trace(j.view, nil)
		if j.traces == nil {
			j.traces = map[string]*podtemplate.Trace{}
		}
		j.traces[template] = trace
	}
	return trace
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
