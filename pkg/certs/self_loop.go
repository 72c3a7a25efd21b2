package certs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"
)

func (s *self) Start(ctx context.Context) error {
	// client-go's reflectors and elections log to where the rest does.
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(s.options.Log.Handler()))
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.secret.run(ctx) })
	for _, c := range s.configs {
		running.Go(func() { c.run(ctx) })
	}
	running.Go(func() { s.elect(ctx) })

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		next, err := s.act(ctx)
		switch {
		case err == nil:
			s.failures = 0
		case ctx.Err() == nil:
			if !s.mayRace(err) {
				s.options.Log.Error("certificates: will try again", "error", err)
			}
			next = min(50*time.Millisecond<<min(s.failures, 5), time.Second)
			s.failures++
		}
		timer.Reset(next)
	}
}

// mayRace is whether a write may have failed only because the object is no
// longer what was seen. The watch then brings what is there, and the next try is
// made from that; when it does not help, something else is wrong. A failed test
// in a JSON patch is answered as invalid.
func (s *self) mayRace(err error) bool {
	return s.failures < 5 &&
		(apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) || apierrors.IsInvalid(err))
}

// lookAgain is when to look at the latest: clocks are set, and machines suspended.
const lookAgain = 10 * time.Second

// act looks, judges and writes once. It returns after how long to look again
// when nothing is seen to change.
func (s *self) act(ctx context.Context) (time.Duration, error) {
	secret, configs, missing := s.look()
	if missing != "" {
		s.wait(missing)
		return lookAgain, nil
	}
	select {
	case <-s.seen:
	default:
		close(s.seen)
	}
	now, leads := s.options.Now(), s.leads.Load()
	s.mind.observe(now, secret, configs)
	err := s.tend(now)
	bundles := s.mind.bundlesDue(now, leads)
	for _, b := range bundles {
		err = errors.Join(err, s.writeBundles(ctx, b))
	}
	sw, planErr := s.mind.secretDue(now, leads)
	if sw != nil && s.mind.state == nil {
		// An authority begun from nothing must know every CA that is published,
		// and the watch may lag.
		if secret, configs, planErr = s.options.read(ctx, s.cluster.Client); planErr == nil {
			s.mind.observe(now, secret, configs)
			sw, planErr = s.mind.secretDue(now, leads)
		}
	}
	err = errors.Join(err, planErr)
	if sw != nil && planErr == nil {
		err = errors.Join(err, s.writeSecret(ctx, sw))
	}
	s.options.Metrics.synced(s.mind.state != nil && s.mind.bundleBrokenSince.IsZero())
	return min(max(s.mind.nextDue(now, leads).Sub(now), 10*time.Millisecond), lookAgain), err
}

func (s *self) tend(now time.Time) error {
	s.wait(s.mind.wanting(now))
	renewed, err := s.mind.tend(now)
	if err != nil {
		s.options.Metrics.failed(failedLeaf)
		return err
	}
	if renewed {
		l := s.mind.leaf
		s.leaf.Store(l)
		s.options.Metrics.serving(l.cert, l.made.Add(-s.options.Timing.ClockSkew), l.ca.cert)
		s.options.Log.Info("certificates: serving a new leaf",
			"leaf", fingerprint(l.cert), "until", l.cert.NotAfter, "ca", fmt.Sprint(l.ca), "renewal", l.renew)
	}
	return nil
}
