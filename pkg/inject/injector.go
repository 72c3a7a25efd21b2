package inject

import (
	"errors"
	"fmt"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Injector is a compiled configuration. Its answers never change, and it is safe
// for any number of goroutines. What it remembers of the pods it has seen saves
// work and nothing else.
type Injector struct {
	generation generation
	memory     *memory
}

// maxRemembered is how many bytes an Injector remembers.
const maxRemembered = 32 << 20

// generation is one line of the injector's configuration format. The two differ
// in how they decide, render and lay over.
type generation interface {
	// decide says whether a pod is injected. It adds to the job's warnings.
	decide(*job) Decision
	// inject returns the injected pod, and what the templates alone make of an
	// empty one. It adds to the job's warnings.
	inject(*job) (pod, template *tree.Value, err error)
	// reads says what the templates for a pod can learn of the fields that vary
	// among its replicas.
	reads(*job) reads
	// warnings are about the configuration itself.
	warnings() []string
}

// job is one request on its way through a generation.
type job struct {
	Request
	pod      *tree.Value
	workload Workload
	warnings []string
	// writesVarying says that a template's overlay touches what varies.
	writesVarying bool
}

func (j *job) warn(format string, args ...any) {
	j.warnings = append(j.warnings, fmt.Sprintf(format, args...))
}

// fromManifest says that the pod is the template in a manifest, not a pod that
// is being created.
func (j *job) fromManifest() bool { return j.Request.Workload != nil }

// Warnings says what in the configuration is ignored, and why.
func (in *Injector) Warnings() []string { return in.generation.warnings() }

// Inject decides about a pod and makes its patch. An error means that the pod
// must be refused; the Result's Decision then holds the reason too.
func (in *Injector) Inject(r Request) (Result, error) {
	if r.Earlier != LayOverEarlier {
		return in.injectAnew(r)
	}
	pod, err := parsePod(r.Pod)
	if err != nil {
		return refuse(Result{}, err)
	}
	if r.Namespace == "" {
		r.Namespace = pod.Get("metadata", "namespace").Text()
	}
	j := &job{Request: r, pod: pod}
	if r.Workload != nil && r.Workload.Kind != "Pod" {
		j.workload = *r.Workload
	} else {
		j.workload = OwnerOf(pod, r.Namespace)
	}
	result := Result{Workload: j.workload, Decision: in.generation.decide(j)}
	if !result.Decision.Inject {
		result.Warnings = j.warnings
		return result, nil
	}
	like, isReplica := j.asReplica(in.generation.reads(j))
	var done *made
	if isReplica {
		done = in.memory.of(like.likeness)
	}
	if done == nil {
		if done, err = in.make(j); err != nil {
			result.Warnings = append(j.warnings, done.warnings...)
			return refuse(result, err)
		}
		if isReplica && !j.writesVarying && !like.shows(done.patch) {
			in.memory.keep(like.likeness, done)
		}
	}
	result.Patch = done.patch
	result.Warnings = append(j.warnings, done.warnings...)
	result.InitContainers, result.Containers = done.initContainers, done.containers
	return result, nil
}

func parsePod(text []byte) (*tree.Value, error) {
	pod, err := tree.Parse(text)
	if err == nil && pod.Kind() != tree.Object {
		err = errors.New("an object is wanted, not " + quoteValue(pod))
	}
	if err != nil {
		return nil, &RefusedError{InvalidPod, fmt.Errorf("pod: %w", err)}
	}
	return pod, nil
}

// make injects a pod, with nothing remembered. It returns its warnings also with
// an error.
func (in *Injector) make(j *job) (*made, error) {
	decided := j.warnings
	defer func() { j.warnings = decided }()
	j.warnings = nil
	injected, template, err := in.generation.inject(j)
	if err != nil {
		return &made{warnings: j.warnings}, err
	}
	return &made{
		patch:          tree.Diff(j.pod, injected),
		warnings:       j.warnings,
		initContainers: cloned(namesOf(specList(template, "initContainers"))),
		containers:     cloned(namesOf(specList(template, "containers"))),
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
