package certs

import (
	"crypto/x509"
	"slices"
	"time"
)

// authority is the state machine of one installation's CAs. It has no clock, no
// cluster and no memory: the same state, time and sight give the same step.
type authority struct {
	name   string
	timing Timing
}

// sight is what a replica has seen of the published caBundles.
type sight interface {
	// everywhere is for how long a CA has been in every caBundle without a
	// break, and whether it is there now.
	everywhere(now time.Time, ca *x509.Certificate) (time.Duration, bool)
	// published are our CAs that stand in some caBundle.
	published() []*x509.Certificate
}

// begin makes an authority whose Secret is lost, and which nobody here
// remembers. A CA that is still published may have live leaves on other
// replicas. Their key is lost with the Secret, so the new CA comes beside them,
// as in any other change. When there is none, nothing can break, and the new CA
// signs at once.
func (a authority) begin(now time.Time, seen sight) (State, error) {
	ca, err := newCA(a.name, a.timing, now)
	if err != nil {
		return State{}, err
	}
	if old := a.adopt(now, nil, seen); len(old) > 0 {
		return State{Phase: Publish, Since: now, Next: ca, Retired: old}, nil
	}
	return State{Phase: Steady, Since: now, Current: ca}, nil
}

// advance takes the one step that is due, or returns s as it was. Every step is
// written to the Secret before anything acts on it, so a crash before, within or
// after leaves a state that any replica can go on from.
func (a authority) advance(now time.Time, s State, seen sight) (State, error) {
	s.Retired = slices.DeleteFunc(slices.Clone(s.Retired), func(c *x509.Certificate) bool { return a.removable(now, c) })
	s.Retired = append(s.Retired, a.adopt(now, s.trust(), seen)...)

	enter := func(p Phase) { s.Phase, s.Since = p, now }
	succeed := func() error {
		next, err := newCA(a.name, a.timing, now)
		if err != nil {
			return err
		}
		if s.Next != nil {
			s.Retired = append(s.Retired, s.Next.cert)
		}
		s.Next = next
		enter(Publish)
		return nil
	}

	switch s.Phase {
	case Steady, Retire:
		if !now.Before(a.timing.due(s.Current)) || notYet(now, s.Current.cert) {
			return s, succeed()
		}
		if s.Phase == Retire && len(s.Retired) == 0 {
			enter(Steady)
		} else if s.Phase == Steady && len(s.Retired) > 0 {
			enter(Retire)
		}
	case Publish, Propagate:
		if !now.Before(s.Next.cert.NotAfter) || notYet(now, s.Next.cert) {
			// Publishing took longer than the new CA lives, or it was made by a clock
			// that was ahead.
			return s, succeed()
		}
		wait, there := seen.everywhere(now, s.Next.cert)
		nothingToLose := s.Current != nil && a.expired(now, s.Current.cert)
		switch {
		case s.Phase == Publish && there:
			enter(Propagate)
		case s.Phase == Propagate && !there:
			// Somebody took it out: the wait begins anew once it is back.
			enter(Publish)
		case s.Phase == Propagate && (wait >= a.timing.Propagation || nothingToLose):
			if s.Current != nil {
				s.Retired = append(s.Retired, s.Current.cert)
			}
			s.Current, s.Next = s.Next, nil
			enter(Retire)
		}
	}
	return s, nil
}

// adopt finds CAs of ours that are published but not known: what is left of a
// Secret that was lost or set back. They stay trusted until they expire.
func (a authority) adopt(now time.Time, known []*x509.Certificate, seen sight) []*x509.Certificate {
	var found []*x509.Certificate
	for _, cert := range seen.published() {
		if !a.expired(now, cert) && !contains(known, cert) && !contains(found, cert) {
			found = append(found, cert)
		}
	}
	return found
}

// notYet is whether a certificate is not valid yet. Its beginning is padded by the
// clock skew, so this clock or the one that it was made by is wrong by more. The CA
// that takes its place is good by either.
func notYet(now time.Time, c *x509.Certificate) bool { return now.Before(c.NotBefore) }

// expired is whether a certificate has expired by every clock.
func (a authority) expired(now time.Time, c *x509.Certificate) bool {
	return now.After(c.NotAfter.Add(a.timing.ClockSkew))
}

// removable is whether every replica agrees that a CA has expired. Between
// expired and removable nobody adds it and nobody removes it, so two replicas
// whose clocks differ never undo each other's writes.
func (a authority) removable(now time.Time, c *x509.Certificate) bool {
	return now.After(c.NotAfter.Add(2 * a.timing.ClockSkew))
}
