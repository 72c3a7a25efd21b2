package cluster

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Election makes at most one of several processes the leader, by a Lease that
// the leader renews. Leases are written and read as client-go's leader election
// does it, so processes with either can take part in one election.
//
// Nobody's clock is trusted but one's own, and that only for how much time has
// passed: a Lease is over when it has not been seen to change for its duration.
type Election struct {
	Leases Leases
	// Name is of the Lease.
	Name string
	// Identity tells this process from the others.
	Identity string
	// Duration is how long a Lease holds that is not renewed. A Lease counts in
	// whole seconds.
	Duration time.Duration
	// Deadline is how long after the last renewal the leader steps down. It must
	// be shorter than Duration, or there may be two.
	Deadline time.Duration
	// Retry is how often the leader renews and others try.
	Retry time.Duration
	// Changed is told when this process becomes the leader or stops being it.
	Changed func(leads bool)
	Log     *slog.Logger
}

// Run takes part until ctx ends. A leader then gives up the Lease, so that
// another need not wait for its end.
func (e Election) Run(ctx context.Context) {
	c := candidate{Election: e}
	for ctx.Err() == nil {
		c.try(ctx)
		wait := e.Retry
		if c.leads {
			// To step down on time, whatever Retry is.
			wait = min(wait, max(0, e.Deadline-time.Since(c.renewed)))
		} else {
			// Candidates that started together part.
			wait += time.Duration(rand.Float64() * float64(e.Retry))
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	if c.leads {
		c.resign()
	}
}

// candidate is what a process remembers of an election.
type candidate struct {
	Election
	leads   bool
	renewed time.Time // by us

	lease *coordinationv1.Lease // as last seen
	since time.Time             // when it was first seen so
	fault string                // of the last try
}

// try renews the Lease or tries to get it.
func (c *candidate) try(ctx context.Context) {
	// A leader whose request hangs has to step down all the same.
	patience := c.Deadline
	if c.leads {
		patience -= time.Since(c.renewed)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked := time.Now()
	mine, err := c.claim(limited)
	switch {
	case err == nil && mine:
		c.renewed, c.fault = asked, ""
		c.become(true)
	case err == nil:
		c.fault = ""
		c.become(false)
	case ctx.Err() != nil:
	default:
		if c.leads && time.Since(c.renewed) >= c.Deadline {
			c.become(false)
		}
		// That somebody else was faster is no fault.
		if fault := err.Error(); fault != c.fault && !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			c.fault = fault
			c.Log.Warn("leader election: will try again", "lease", c.Name, "error", err)
		}
	}
}

func (c *candidate) become(leads bool) {
	if c.leads != leads {
		c.leads = leads
		c.Changed(leads)
	}
}

// claim writes the Lease, if it may be written, and tells whether it is ours.
func (c *candidate) claim(ctx context.Context) (bool, error) {
	if !c.leads { // who leads knows what is there
		lease, err := c.Leases.Get(ctx, c.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return c.write(c.Leases.Create(ctx, c.claimed(nil), metav1.CreateOptions{}))
		}
		if err != nil {
			return false, err
		}
		c.saw(lease)
		if c.heldByAnother() {
			return false, nil
		}
	}
	mine, err := c.write(c.Leases.Update(ctx, c.claimed(c.lease), metav1.UpdateOptions{}))
	if c.leads && (apierrors.IsConflict(err) || apierrors.IsNotFound(err)) {
		// Somebody wrote the Lease, or took it away. It is only lost when it is
		// another's now.
		lease, getErr := c.Leases.Get(ctx, c.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(getErr) {
			return c.write(c.Leases.Create(ctx, c.claimed(nil), metav1.CreateOptions{}))
		}
		if getErr != nil {
			return false, getErr
		}
		c.saw(lease)
		if c.heldByAnother() {
			return false, nil
		}
	}
	return mine, err
}

func (c *candidate) write(lease *coordinationv1.Lease, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	c.saw(lease)
	return true, nil
}

func (c *candidate) saw(lease *coordinationv1.Lease) {
	if c.lease == nil || c.lease.ResourceVersion != lease.ResourceVersion || c.lease.UID != lease.UID {
		c.since = time.Now()
	}
	c.lease = lease
}

func (c *candidate) heldByAnother() bool {
	spec := c.lease.Spec
	if spec.HolderIdentity == nil || *spec.HolderIdentity == "" || *spec.HolderIdentity == c.Identity || spec.LeaseDurationSeconds == nil {
		return false
	}
	return time.Since(c.since) < time.Duration(*spec.LeaseDurationSeconds)*time.Second
}

// claimed is the Lease as held by this process from now on.
func (c *candidate) claimed(seen *coordinationv1.Lease) *coordinationv1.Lease {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: c.Name}}
	if seen != nil {
		lease = seen.DeepCopy()
	}
	now, seconds, transitions := metav1.NowMicro(), int32(c.Duration/time.Second), int32(0)
	spec := &lease.Spec
	if spec.LeaseTransitions != nil {
		transitions = *spec.LeaseTransitions
	}
	if spec.HolderIdentity == nil || *spec.HolderIdentity != c.Identity {
		spec.AcquireTime = &now
		if seen != nil {
			transitions++
		}
	}
	spec.HolderIdentity, spec.LeaseDurationSeconds, spec.RenewTime, spec.LeaseTransitions = &c.Identity, &seconds, &now, &transitions
	return lease
}

// resign leaves the Lease to whoever asks next, when this process has stopped.
func (c *candidate) resign() {
	c.become(false)
	ctx, cancel := context.WithTimeout(context.Background(), c.Deadline)
	defer cancel()
	lease := c.claimed(c.lease)
	nobody, second := "", int32(1)
	lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds = &nobody, &second
	if _, err := c.Leases.Update(ctx, lease, metav1.UpdateOptions{}); err != nil && !apierrors.IsConflict(err) {
		c.Log.Warn("leader election: the Lease was not given up; the next leader has to wait for its end", "lease", c.Name, "error", err)
	}
}
