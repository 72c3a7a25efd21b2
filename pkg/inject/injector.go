package inject

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Injector is a compiled configuration. Its answers never change, and it is safe
// for any number of goroutines. What it remembers of the pods it has seen saves
// work and nothing else.
type Injector struct {
	configuration *configuration
	memory        *replica.Memory
}

// maxRemembered is how many bytes an Injector remembers.
const maxRemembered = 32 << 20

// job is one request on its way through the engine.
type job struct {
	Request
	pod      *tree.Value
	workload Workload
	warnings []string
	// resources are the ProxyConfig resources that count for the pod.
	resources mesh.Selected
	// view is what templates see of it.
	view *podtemplate.View
	// traces are those of templates, by name, once something is wrong with what they wrote.
	traces map[string]*podtemplate.Trace
	// writesVarying says that a template's overlay touches what varies.
	writesVarying bool
	// told is nil where nobody asks what wrote a field.
	told *ledger
}

func (j *job) warn(format string, args ...any) {
	j.warnings = append(j.warnings, fmt.Sprintf(format, args...))
}

// situation is all beside the pod that its patch depends on.
func (j *job) situation() replica.Situation {
	s := replica.Situation{
		Workload: j.workload, Namespace: j.Namespace, FromManifest: j.fromManifest(),
		NativeSidecars: j.NativeSidecars, Env: j.Params.Env,
	}
	if j.ProxyConfigs != nil {
		s.ProxyConfigs = j.resources.Likeness()
	}
	if len(j.NamespaceAnnotations) > 0 {
		for _, key := range []string{rule.UIDRangeKey, rule.SupplementalGroupsKey} {
			value, ok := j.NamespaceAnnotations[key]
			s.NamespaceAnnotations = append(s.NamespaceAnnotations, strconv.FormatBool(ok), value)
		}
	}
	return s
}

// fromManifest says that the pod is the template in a manifest, not a pod that
// is being created.
func (j *job) fromManifest() bool { return j.Request.Workload != nil }

// Warnings says what in the configuration is ignored, and why.
func (in *Injector) Warnings() []string { return in.configuration.warned }

// Format names the releases whose configurations are of the format of this one.
func (in *Injector) Format() string { return in.configuration.format.name }

// Try injects ordinary pods, as Compile does with option Try.
func (in *Injector) Try() error { return in.configuration.try() }

// Inject decides about a pod and makes its patch. An error means that the pod
// must be refused; the Result's Decision then holds the reason too.
func (in *Injector) Inject(r Request) (Result, error) { return in.inject(r, nil) }

func (in *Injector) inject(r Request, told *ledger) (Result, error) {
	p, err := parsePod(r.Pod)
	if err != nil {
		return refuse(Result{}, err)
	}
	if r.Earlier != LayOverEarlier {
		return in.injectAnew(p, r, told)
	}
	return in.injectOver(p, r, told)
}

// injectOver injects a pod on top of what it has of an earlier injection.
func (in *Injector) injectOver(p *tree.Value, r Request, told *ledger) (_ Result, err error) {
	if r.Namespace == "" {
		r.Namespace = p.Get("metadata", "namespace").Text()
	}
	j := &job{Request: r, pod: p, workload: workloadOf(p, r), told: told}
	result := Result{Workload: j.workload, Decision: in.configuration.format.decide(in.configuration, j)}
	if !result.Decision.Inject {
		result.Warnings = append(j.warnings, rule.SkippedWarnings(j.pod)...)
		return result, nil
	}
	j.resources = in.configuration.resourcesFor(j)
	like, isReplica := replica.Of(j.pod, j.situation(), in.configuration.reads(j.pod))
	isReplica = isReplica && told == nil
	var done *replica.Made
	if isReplica {
		done = in.memory.Of(like.Likeness)
	}
	if done == nil {
		if done, err = in.make(j); err != nil {
			result.Warnings = append(j.warnings, done.Warnings...)
			return refuse(result, err)
		}
		if isReplica && !j.writesVarying && !like.Shows(done.Patch) {
			in.memory.Keep(like.Likeness, done)
		}
	}
	result.Patch = done.Patch
	result.Warnings = append(j.warnings, done.Warnings...)
	result.InitContainers, result.Containers = done.InitContainers, done.Containers
	return result, nil
}

// workloadOf is what a request says, else the pod's owner.
func workloadOf(p *tree.Value, r Request) Workload {
	if r.Workload != nil && r.Workload.Kind != "Pod" {
		return *r.Workload
	}
	return pod.OwnerOf(p, r.Namespace)
}

func parsePod(text []byte) (*tree.Value, error) {
	p, err := tree.Parse(text)
	if err == nil && p.Kind() != tree.Object {
		err = errors.New("an object is wanted, not " + tree.Describe(p))
	}
	if err != nil {
		return nil, &RefusedError{InvalidPod, fmt.Errorf("pod: %w", err)}
	}
	return p, nil
}

// make injects a pod, with nothing remembered. It returns its warnings also with
// an error.
func (in *Injector) make(j *job) (*replica.Made, error) {
	decided := j.warnings
	defer func() { j.warnings = decided }()
	j.warnings = nil
	injected, template, err := in.configuration.inject(j)
	if err == nil {
		err = j.outOfTime("the patch", "")
	}
	if err != nil {
		return &replica.Made{Told: replica.Told{Warnings: j.warnings}}, err
	}
	return &replica.Made{
		Patch: tree.Diff(j.pod, injected),
		Told: replica.Told{
			Warnings:       j.warnings,
			InitContainers: cloned(pod.Names(pod.List(template, "initContainers"))),
			Containers:     cloned(pod.Names(pod.List(template, "containers"))),
		},
	}, nil
}

// cloned copies names out of the text they are part of, which is not to stay.
func cloned(names []string) []string {
	for i := range names {
		names[i] = strings.Clone(names[i])
	}
	return names
}

func refuse(result Result, err error) (Result, error) {
	result.Decision = Decision{Reason: TemplateFailed, Detail: err.Error()}
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		result.Decision.Reason = refused.Reason
	}
	return result, err
}

// refused gives an error the reason to refuse the pod for it: what stands in an
// annotation is the annotation's fault, whatever step found it.
func refused(reason Reason, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*pod.AnnotationError](err); ok {
		reason = InvalidAnnotation
	}
	return &RefusedError{reason, err}
}
