package webhook

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Group runs what is added to it until the context ends, or until one of it fails:
// controller-runtime's manager is one, in a cluster.
type Group interface {
	Add(Runner) error
	Start(ctx context.Context) error
}

// alone is a group without a cluster.
type alone struct{ parts []Runner }

// Add implements Group.
func (a *alone) Add(r Runner) error {
	a.parts = append(a.parts, r)
	return nil
}

// Start implements Group.
func (a *alone) Start(ctx context.Context) error {
	running, ctx := errgroup.WithContext(ctx)
	for _, p := range a.parts {
		running.Go(func() error { return p.Start(ctx) })
	}
	return running.Wait()
}

// part is one of what runs beside the server, whose errors say which.
type part struct {
	what  string
	start func(context.Context) error
}

var _ manager.LeaderElectionRunnable = part{}

// Start implements Runner.
func (p part) Start(ctx context.Context) error {
	if err := p.start(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", p.what, err)
	}
	return nil
}

// NeedLeaderElection is false: every replica has all of it.
func (part) NeedLeaderElection() bool { return false }
