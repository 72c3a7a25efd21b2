package inject

import (
	"cmp"
	"errors"
	"regexp"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// inject returns the injected pod, and what the templates alone make of an empty one.
// It adds to the job's warnings.
func (c *configuration) inject(j *job) (injected, template *tree.Value, err error) {
	if err := j.outOfTime("any step", ""); err != nil {
		return nil, nil, err
	}
	f := &rule.Facts{
		Came: j.pod, Original: j.pod, Workload: j.workload, FromManifest: j.fromManifest(),
		Revision: c.options.Revision, Env: j.Params.Env, Values: c.values,
	}
	j.told.begin(j.pod)
	if c.options.OpenShift {
		if f.Original, err = (rule.OpenShift{}).Apply(j.pod, f); err != nil {
			return nil, nil, refusedBy(err)
		}
		j.told.applied(rule.OpenShift{}, f.Original, f)
	}
	if err := rule.CheckAnnotations(f.Original, c.format.checks); err != nil {
		return nil, nil, refused(InvalidAnnotation, err)
	}
	if rule.UnreadableStatus(j.pod) {
		j.warn("annotation %s: it is not the status of an injection, and was ignored", pod.StatusKey)
	}
	if !c.format.oneTemplate {
		j.warnings = append(j.warnings, rule.Warnings(j.pod, c.mentions, c.proxyUID(j))...)
	}
	base, seen, err := c.format.earlier(c, j, f.Original)
	if err != nil {
		return nil, nil, refusedBy(err)
	}
	if err := c.render(j, seen, f); err != nil {
		return nil, nil, refusedBy(err)
	}
	injected = base
	j.told.base(base)
	for _, r := range c.rules {
		if err := j.outOfTime("rule ", r.Name()); err != nil {
			return nil, nil, err
		}
		if injected, err = r.Apply(injected, f); err != nil {
			return nil, nil, refusedBy(c.withLine(err, j, f))
		}
		j.told.applied(r, injected, f)
	}
	if err := j.outOfTime("the last check", ""); err != nil {
		return nil, nil, err
	}
	if err := c.checkResult(j, f, injected); err != nil {
		return nil, nil, err
	}
	return injected, f.Template, nil
}

// render renders the templates that the pod asks for.
func (c *configuration) render(j *job, seen *tree.Value, f *rule.Facts) error {
	names, err := c.selected(f.Original)
	if err != nil {
		return err
	}
	view, err := c.view(j, seen, f)
	if err != nil {
		return err
	}
	j.view, j.traces = view, nil
	for _, name := range names {
		rendered, err := c.templates[name].Render(j.context(), view)
		if gone := j.outOfTime("the end of template ", name); gone != nil {
			return gone
		}
		if bad, ok := errors.AsType[*pod.AnnotationError](err); ok {
			return refused(InvalidAnnotation, bad)
		}
		if err != nil {
			if fieldMissing.MatchString(err.Error()) {
				err = cmp.Or(c.templates[name].Check(view), err) // it knows which was meant
			}
			return refused(TemplateFailed, err)
		}
		overlay := rendered
		if c.format.oneTemplate {
			f.Rendered, overlay = rendered, rule.Spec(rendered)
		}
		known, dropped := podmerge.Known(overlay)
		if len(dropped) > 0 && !c.format.loose {
			return refused(InvalidResult, c.misrendered(name, j, overlay, dropped[0]))
		}
		overlay = rule.WithoutRestarts(known)
		if err := podmerge.Pod().Check(overlay, "pod"); err != nil {
			return c.misrendered(name, j, overlay, err)
		}
		j.writesVarying = j.writesVarying || replica.WritesVarying(overlay)
		f.Overlays = append(f.Overlays, rule.Rendered{Template: name, Pod: overlay})
		if err := j.told.rendered(c, j, f, name, view); err != nil {
			return refused(TemplateFailed, err)
		}
	}
	return nil
}

// misrendered says which line of a template wrote what cannot stand in a pod.
func (c *configuration) misrendered(template string, j *job, overlay *tree.Value, err error) error {
	fault, ok := errors.AsType[*podmerge.Fault](err)
	if !ok {
		return &rule.TemplateError{Template: template, Err: err}
	}
	place, _ := fault.Within(overlay)
	return c.templateError(template, j, place, err)
}

// withLine says the line where a rule cannot lay what a template rendered over the pod.
func (c *configuration) withLine(err error, j *job, f *rule.Facts) error {
	e, ok := errors.AsType[*rule.TemplateError](err)
	if !ok {
		return err
	}
	for _, overlay := range f.Overlays {
		if overlay.Template == e.Template {
			return c.misrendered(e.Template, j, overlay.Pod, e.Err)
		}
	}
	return err
}

// fieldMissing is in the error of a template that comes to a field that is not there.
var fieldMissing = regexp.MustCompile(`: can't evaluate field \w+ in type `)

// refusedBy gives an error of a step the reason to refuse the pod for it.
func refusedBy(err error) error {
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*rule.TemplateError](err); ok {
		return refused(TemplateFailed, err)
	}
	return refused(InvalidPod, err)
}
