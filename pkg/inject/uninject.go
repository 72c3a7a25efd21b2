package inject

import (
	"cmp"
	"crypto/sha256"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Uninjected is what Uninject found and wants done.
type Uninjected struct {
	// Injected says whether the pod carries an injection. All else is empty where
	// it does not.
	Injected bool
	// Revision is the injection's: that of the control plane, or in the 1.0 line
	// the version of the template.
	Revision string
	// Patch turns the pod that came into the one before injection.
	Patch tree.Patch
	// InitContainers and Containers are the names that were taken off.
	InitContainers, Containers []string
	// TakenOff is what else was taken off.
	TakenOff []TakenOff
	// Notes are what cannot be known for certain.
	Notes []Note
	// Recorded is what the injection's record says of the text (see Record).
	Recorded Recorded
}

// Recorded leads to the very text that an injection was made of.
type Recorded struct {
	// Fix is what Record was given.
	Fix string
	// Earlier turns the pod that came into the one that the injection made, where only
	// tags of images were changed since, and Since changes them in the pod that comes
	// out of it.
	Earlier, Since tree.Patch
}

// Note names something of a pod that may not be what it was before injection.
type Note = rule.Note

// TakenOff is what of one kind was taken off a pod, beside its containers.
type TakenOff = rule.TakenOff

// By names what injected the pod: a revision, or a template of the formats of one.
func (u Uninjected) By() string {
	if len(u.Revision) == sha256.Size*2 {
		return "template " + u.Revision[:12]
	}
	if u.Revision == "" {
		return "no named revision"
	}
	return "revision " + u.Revision
}

// Uninject finds the pod that an injection was made of, from what the injection
// left in it; it needs no configuration, and knows the injections of every format
// (see [rule.Revert]). workload names the object that a pod template stands in; nil or
// a Pod for a pod, whose workload is found from its owner.
func Uninject(text []byte, workload *Workload) (Uninjected, error) {
	before, err := parsePod(text)
	if err != nil {
		return Uninjected{}, err
	}
	_, result, err := uninject(before, workload)
	return result, refused(InvalidPod, err)
}

func uninject(p *tree.Value, workload *Workload) (*tree.Value, Uninjected, error) {
	removed, err := revert(p, workload)
	if err != nil || removed == nil {
		return p, Uninjected{}, err
	}
	status := rule.StatusOf(p)
	result := Uninjected{
		Injected:       true,
		Revision:       cmp.Or(status.Get("revision").Text(), status.Get("version").Text()),
		InitContainers: removed.InitContainers,
		Containers:     removed.Containers,
	}
	if text, ok := pod.Annotations(p).Get(pod.RecordKey); ok {
		if result.Recorded, err = followRecord(removed, p, text); err != nil {
			return nil, Uninjected{}, err
		}
	}
	result.Patch = tree.Diff(p, removed.Pod)
	result.TakenOff = rule.TakenOffOf(p, removed.Pod)
	result.Notes = removed.Notes
	return removed.Pod, result, nil
}

// revert works out what the pod was from all but the record. It returns nil for a pod
// that was not injected.
func revert(p *tree.Value, workload *Workload) (*rule.Removed, error) {
	if workload != nil && workload.Kind != "Pod" {
		return rule.Revert(p, *workload)
	}
	return rule.Revert(p, pod.OwnerOf(p, p.Get("metadata", "namespace").Text()))
}
