package workbench

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// run is one injection of manifests.
type run struct {
	settings Settings
	kinds    []manifest.Kind
	text     string // the manifest
	// resources are the ProxyConfigs in it.
	resources *mesh.Resources
	injector  *inject.Injector
	places    *places
	answer    *Answer
	// seen are the workloads with what was written into them, by the Answer's index.
	seen []seenWorkload
}

type seenWorkload struct {
	manifest.Workload
	// pod is nil where it stays as it is.
	pod     *explain.Written
	result  *tree.Value
	account account
}

// refusal is an error of a workload that is noted already.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// inject is the answer to a request, with what it took to give it.
func (b *Workbench) inject(r InjectRequest) *run {
	r.Settings.Revision = cmp.Or(r.Settings.Revision, r.Configuration.Revision)
	x := &run{settings: r.Settings, kinds: b.kinds, text: r.Manifest, places: newPlaces(r.Manifest, r.Configuration), answer: &Answer{
		Problems: []Problem{}, Workloads: []Workload{}, Marks: []Mark{}, Fields: []Field{},
	}}
	injector, err := b.engines.get(r.Configuration, r.Settings)
	if err != nil {
		x.answer.Problems = x.places.ofConfiguration(err)
		return x
	}
	x.injector = injector
	for _, warning := range injector.Warnings() {
		_, rest, _ := strings.Cut(warning, ": ")
		x.warn(x.places.within(PaneConfig, warning, rest), "", warning)
	}
	misread := x.learn()
	var out bytes.Buffer
	options := manifest.Options{File: "manifest", Kinds: x.kinds, Remark: x.remark}
	if err := manifest.Rewrite(&out, strings.NewReader(r.Manifest), options, x.edit); err != nil {
		x.answer.Problems = append(x.answer.Problems, x.places.ofManifest(err)...)
	} else if misread == nil {
		x.answer.Text = out.String()
		x.locate()
	}
	slices.SortStableFunc(x.answer.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Severity, b.Severity), strings.Compare(a.Pane, b.Pane), a.Line-b.Line)
	})
	return x
}

// learn has the ProxyConfigs among the manifests count.
func (x *run) learn() error {
	x.resources = mesh.NewResources()
	namespace := x.settings.Namespace
	if x.settings.As == AsWebhook {
		namespace = cmp.Or(namespace, "default")
	}
	misread := configuration.ProxyConfigs(x.resources, []byte(x.text), "manifest", namespace)
	if misread != nil {
		x.answer.Problems = x.places.ofManifest(misread)
	}
	return misread
}

func (x *run) warn(at Place, object, message string) {
	x.answer.Problems = append(x.answer.Problems, Problem{"warning", at, object, message})
}

// remark tells of an object that is passed on as it is.
func (x *run) remark(r manifest.Remark) {
	object := strings.TrimSpace(r.Kind + " " + r.Name)
	if r.Reason == "" {
		x.warn(Place{PaneManifest, r.Line}, object, r.Text)
		return
	}
	x.answer.Workloads = append(x.answer.Workloads, Workload{
		Kind: r.Kind, Namespace: cmp.Or(r.Namespace, x.settings.Namespace), Name: r.Name, Line: r.Line,
		Outcome: skipped, Reason: r.Reason, Detail: r.Text,
		Rules: []explain.Step{{Answer: explain.No, Where: "the manifest", Rule: string(r.Reason), What: r.Text}},
	})
	x.seen = append(x.seen, seenWorkload{Workload: r.Workload})
}

// edit injects one workload.
func (x *run) edit(w manifest.Workload) (tree.Patch, error) {
	namespace := cmp.Or(w.Namespace, x.settings.Namespace)
	told := Workload{Kind: w.Kind, Namespace: namespace, Name: w.Name, Line: w.Line}
	object := strings.TrimSpace(w.Kind + " " + w.Name)
	template, err := podOf(w)
	if err != nil {
		return nil, err
	}
	result, written, err := x.ask(w, template, namespace, &told)
	for _, warning := range result.Warnings {
		x.warn(x.places.ofPod(warning, w.Line), object, warning)
	}
	seen := seenWorkload{Workload: w, result: template}
	switch {
	case err != nil:
		told.Outcome, told.Reason, told.Detail = refused, result.Decision.Reason, err.Error()
		x.answer.Problems = append(x.answer.Problems, Problem{"error", x.places.ofPod(err.Error(), w.Line), object, err.Error()})
		err = &refusal{err}
	case !result.Decision.Inject:
		told.Outcome = skipped
	case len(result.Patch) == 0:
		told.Outcome = unchanged
	default:
		told.Outcome, told.Added = injected, slices.Concat(result.InitContainers, result.Containers)
	}
	if err == nil && len(result.Patch) > 0 {
		seen.pod = explain.NewWritten(template)
		if err = seen.pod.Apply(result.Patch); err == nil {
			seen.result, seen.account = seen.pod.Value(), account{written}
		}
	}
	x.answer.Workloads, x.seen = append(x.answer.Workloads, told), append(x.seen, seen)
	return result.Patch, err
}

// ask has the engine decide about a workload's pods, in the way of the settings,
// and tells how it came to that, and what wrote each field. The Result's patch is for the template.
func (x *run) ask(w manifest.Workload, template *tree.Value, namespace string, told *Workload) (inject.Result, inject.Account, error) {
	s := x.settings
	request := inject.Request{
		Pod: w.Pod, Namespace: namespace, NativeSidecars: s.NativeSidecars, NamespaceAnnotations: s.NamespaceAnnotations, ProxyConfigs: x.resources,
	}
	if s.As == AsWebhook {
		request.Namespace = cmp.Or(namespace, "default")
		told.Namespace, s.Namespace = request.Namespace, request.Namespace
		created := pod.Created(template, pod.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: request.Namespace, Name: w.Name})
		request.Pod = created.JSON()
		sent, steps, err := route(request.Pod, s)
		if err != nil {
			return inject.Result{}, inject.Account{}, err
		}
		if told.Rules = steps; !sent {
			told.Reason, told.Detail = notSent, steps[len(steps)-1].What
			return inject.Result{Decision: inject.Decision{Reason: notSent}}, inject.Account{}, nil
		}
		result, written, err := x.decide(request, template, told)
		if err == nil && len(result.Patch) > 0 {
			result.Patch, err = templatePatch(created, template, result.Patch)
		}
		return result, written, err
	}
	request.Earlier = inject.ReplaceEarlier
	request.Workload = &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: namespace, Name: w.Name}
	return x.decide(request, template, told)
}

func (x *run) decide(request inject.Request, pod *tree.Value, told *Workload) (inject.Result, inject.Account, error) {
	result, written, err := x.injector.Explain(request)
	told.Reason, told.Detail = result.Decision.Reason, result.Decision.Detail
	told.Rules = append(told.Rules, explain.Steps(result.Decision, pod, request.Namespace, x.settings.As == AsWebhook)...)
	return result, written, err
}

// templatePatch is the patch of a created pod as one of the template it was made of.
func templatePatch(created, template *tree.Value, patch tree.Patch) (tree.Patch, error) {
	injected, err := tree.Apply(created, patch)
	if err != nil {
		return nil, fmt.Errorf("the patch does not apply: %w", err)
	}
	return tree.Diff(template, asTemplate(injected, template)), nil
}

// locate finds the lines of what was written in the result.
func (x *run) locate() {
	texts := explain.NewTexts(x.text, x.answer.Text)
	for i, seen := range x.seen {
		pod := texts.Next(seen.Workload)
		x.answer.Workloads[i].ResultLine = pod.Line
		if seen.pod == nil {
			continue
		}
		seen.pod.Visit(func(f explain.Field, _ *explain.Written) {
			x.answer.Fields = append(x.answer.Fields, Field{i, f, pod.Lines(f, seen.pod), seen.account.writer(f.Path, x.places, seen.Line)})
		})
	}
	x.answer.Marks = marksOf(x.answer.Fields)
}
