package certs

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// elect takes part in elections until ctx ends. An elector ends when it has lost the
// Lease: another takes its place, for whoever leads no more serves all the same. The
// first begins when the API server has answered, so that it need not wait for its
// second try.
func (s *self) elect(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-s.seen:
	}
	o := s.options
	lead := func(yes bool) {
		if s.leads.Swap(yes) != yes {
			o.Log.Info("certificates: leadership changed", "leads", yes)
		}
		s.changed()
	}
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Lease},
				Client:     s.cluster.Leases,
				LockConfig: resourcelock.ResourceLockConfig{Identity: o.Identity},
			},
			LeaseDuration:   o.Election.LeaseDuration,
			RenewDeadline:   o.Election.RenewDeadline,
			RetryPeriod:     o.Election.RetryPeriod,
			ReleaseOnCancel: true,
			Name:            o.Lease,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { lead(true) },
				OnStoppedLeading: func() { lead(false) },
			},
		})
		if err != nil {
			// The durations do not fit together; NewSelf cannot know how.
			o.Log.Error("certificates: no leader election, so no rotation of the CA by this replica", "error", err)
			return
		}
		elector.Run(ctx)
	}
}
