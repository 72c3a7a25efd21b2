package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// attempts is how following objects of the cluster has gone so far.
type attempts struct {
	what string // for people: "nodes"
	log  *slog.Logger

	of     sync.Mutex
	listed bool
	fault  error // of the last try to list or watch
}

// forbidden says that the last try was not allowed.
func (a *attempts) forbidden() bool {
	a.of.Lock()
	defer a.of.Unlock()
	return apierrors.IsForbidden(a.fault)
}

// note remembers how the last try went, and logs a failure once.
func (a *attempts) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	a.of.Lock()
	last := a.fault
	a.fault = err
	a.of.Unlock()
	if err != nil && (last == nil || !alike(last, err)) {
		a.log.Error("cannot follow "+a.what, "error", err)
	}
}

// alike says that two errors have one cause: what is forbidden to be listed is forbidden
// to be watched, too, and both are tried in turns.
func alike(a, b error) bool {
	reason := apierrors.ReasonForError(a)
	return a.Error() == b.Error() || reason != metav1.StatusReasonUnknown && reason == apierrors.ReasonForError(b)
}

// sawAll remembers that every object has been seen, and says whether it was for the
// first time.
func (a *attempts) sawAll() (first bool) {
	a.of.Lock()
	defer a.of.Unlock()
	first = !a.listed
	a.listed = true
	return first
}

// check holds once every object has been seen.
func (a *attempts) check() error {
	a.of.Lock()
	defer a.of.Unlock()
	switch {
	case a.listed:
		return nil
	case a.fault != nil:
		return fmt.Errorf("%s cannot be listed: %w", a.what, a.fault)
	default:
		return fmt.Errorf("%s have not been listed yet", a.what)
	}
}
