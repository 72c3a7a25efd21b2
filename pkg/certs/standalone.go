package certs

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// StandaloneOptions is for a server outside any cluster.
type StandaloneOptions struct {
	// CAOut is a file to write the CA certificate to, in PEM, for callers to
	// trust. Empty: none.
	CAOut string
	// Timing is how long things live. The CA is as old as the process and has no
	// successor, so its default here is ten years. Propagation is of no use.
	Timing Timing
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Metrics defaults to some that are shown nowhere.
	Metrics *Metrics
}

type standalone struct {
	options StandaloneOptions
	ca      *CA
	leaf    atomic.Pointer[leaf]
}

// standaloneNames are the names of the leaf: this machine, as itself calls it.
var standaloneNames = []string{"localhost", "127.0.0.1", "::1"}

// NewStandalone makes a CA in memory and a leaf for localhost, 127.0.0.1 and
// ::1, which is good at once. The CA's key never leaves the process.
func NewStandalone(o StandaloneOptions) (Source, error) {
	o.Timing.CA = cmp.Or(o.Timing.CA, 10*365*24*time.Hour)
	var err error
	if o.Timing, err = o.Timing.withDefaults(); err != nil {
		return nil, err
	}
	fillIn(&o.Now, &o.Log, &o.Metrics)
	s := &standalone{options: o}
	if s.ca, err = newCA("outrigger standalone", o.Timing, o.Now()); err != nil {
		return nil, err
	}
	if err := s.renew(); err != nil {
		return nil, err
	}
	if o.CAOut != "" {
		if err := s.writeCA(o.CAOut); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// writeCA replaces the file at once, so that nobody reads half of it.
func (s *standalone) writeCA(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing the CA: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(encodeBundle([]*x509.Certificate{s.ca.cert}))
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the CA to %s: %w", path, err)
	}
	return nil
}

func (s *standalone) renew() error {
	l, err := newLeaf(s.ca, standaloneNames, s.options.Timing, s.options.Now(), time.Time{}, rand.Float64())
	if err != nil {
		return err
	}
	s.leaf.Store(l)
	s.options.Metrics.serving(l.cert, l.made.Add(-s.options.Timing.ClockSkew), s.ca.cert)
	s.options.Log.Info("certificates: serving a new leaf", "leaf", fingerprint(l.cert), "until", l.cert.NotAfter)
	return nil
}

func (s *standalone) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return s.leaf.Load().tls, nil
}

func (s *standalone) Healthy() bool { return true }

func (s *standalone) Ready() error { return nil }

func (s *standalone) NeedLeaderElection() bool { return false }

func (s *standalone) Start(ctx context.Context) error {
	for {
		// Looking every so often, not only when due, holds for a machine that
		// sleeps.
		wait := min(max(s.leaf.Load().renew.Sub(s.options.Now()), 0), time.Minute)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if s.options.Now().Before(s.leaf.Load().renew) {
			continue
		}
		if err := s.renew(); err != nil {
			s.options.Metrics.failed(failedLeaf)
			s.options.Log.Error("certificates: will try again", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second):
			}
		}
	}
}
