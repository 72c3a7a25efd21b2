package explain

import (
	"fmt"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Explanation is what became of one pod, and why.
type Explanation struct {
	Result inject.Result
	// Before is the pod that injection saw, and Pod what it made of it.
	Before *tree.Value
	Pod    *Written
	// Earlier is the injection that the pod came with; what is told is what injection
	// makes in its place.
	Earlier inject.Uninjected
	// Steps are the rules of the decision.
	Steps []Step
	// Fields are what injection wrote, in the order of the pod, each with its writer.
	Fields []Field
	// Account is the engine's.
	Account inject.Account
}

// Of has a pod injected, and tells how.
func Of(in *inject.Injector, r inject.Request) (*Explanation, error) {
	before, err := tree.Parse(r.Pod)
	if err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	e := &Explanation{}
	if r.Earlier == inject.ReplaceEarlier {
		if e.Earlier, err = inject.Uninject(r.Pod, r.Workload); err != nil {
			return nil, err
		}
		if e.Earlier.Injected {
			if before, err = tree.Apply(before, e.Earlier.Patch); err != nil {
				return nil, err
			}
			r.Pod = before.JSON()
		}
	}
	e.Result, e.Account, err = in.Explain(r)
	if err != nil {
		return nil, err
	}
	e.Steps = Steps(e.Result.Decision, before, r.Namespace, r.Workload == nil)
	e.Before, e.Pod = before, NewWritten(before)
	if err := e.Pod.Apply(e.Result.Patch); err != nil {
		return nil, fmt.Errorf("the patch does not apply: %w", err)
	}
	e.Pod.Visit(func(f Field, now *Written) {
		if f.Change != Removed {
			f.Value = now.Value()
		}
		if w, ok := e.Account.Writers[f.Path]; ok && f.Change != Removed {
			f.By = &w
		}
		e.Fields = append(e.Fields, f)
	})
	return e, nil
}

// LimitTo leaves of the fields one, and those below it. The error is that the pod has
// no such field after injection.
func (e *Explanation) LimitTo(steps []string) error {
	path, _, err := Find(e.Pod.Value(), steps)
	if err != nil {
		return err
	}
	e.Fields = slices.DeleteFunc(slices.Clone(e.Fields), func(f Field) bool {
		return !isAtOrBelow(f.Path, path)
	})
	return nil
}
