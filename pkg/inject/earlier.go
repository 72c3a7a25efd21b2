package inject

import (
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Earlier says what becomes of an injection that a pod already carries.
type Earlier uint8

// What can become of an earlier injection.
const (
	// LayOverEarlier injects on top of it, as a webhook must that is called again
	// for a pod that is being created (spec: injection.md section 8).
	LayOverEarlier Earlier = iota
	// ReplaceEarlier takes it off first, whatever revision or generation it came
	// from, and whether or not the pod is then injected. The Result's Replaced
	// says what was taken off.
	ReplaceEarlier
	// KeepEarlier leaves the pod alone, with reason AlreadyInjected.
	KeepEarlier
)

// injectAnew injects a pod as if it had not been injected before.
func (in *Injector) injectAnew(p *tree.Value, r Request, told *ledger) (Result, error) {
	if rule.StatusOf(p) == nil {
		return in.injectOver(p, r, told)
	}
	before, earlier, err := uninject(p, r.Workload)
	if err != nil {
		return refuse(Result{}, refused(InvalidPod, err))
	}
	if r.Earlier == KeepEarlier {
		return Result{Decision: skip(AlreadyInjected, "it was injected before, by "+earlier.By())}, nil
	}
	result, err := in.injectOver(before, r, told)
	if err != nil {
		return result, err
	}
	after, err := tree.Apply(before, result.Patch)
	if err != nil {
		return refuse(result, err)
	}
	result.Patch = tree.Diff(p, after)
	result.Replaced = &earlier
	return result, nil
}
