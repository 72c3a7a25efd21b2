package certs

import (
	"crypto/x509"
	"slices"
	"time"
)

// Phase is how far a change of CA has come.
type Phase string

// The phases in their order. After Retire comes Steady again, or Publish when
// the next CA is due first.
const (
	// Steady: one CA signs, and nothing is changing.
	Steady Phase = "Steady"
	// Publish: there is a next CA, which is being put into every caBundle beside
	// the current one.
	Publish Phase = "Publish"
	// Propagate: the next CA was seen in every caBundle. API servers are given
	// time to act on that.
	Propagate Phase = "Propagate"
	// Retire: the next CA has become the current one and signs. Those before it
	// stay in every caBundle until they have expired.
	Retire Phase = "Retire"
)

// State is the authority as the Secret holds it. It is a value: a change makes a
// new one.
type State struct {
	Phase Phase
	// Since is when Phase was entered, by the clock of the replica that entered
	// it. It is for people: no decision rests on it.
	Since time.Time
	// Current signs leaves. It is nil only while an authority that lost its
	// Secret publishes its first new CA beside old ones found in a caBundle.
	Current *CA
	// Next will be Current. It is set in Publish and Propagate only.
	Next *CA
	// Retired are CAs that no longer sign and have not expired.
	Retired []*x509.Certificate
}

// trust is every CA that belongs into a caBundle.
func (s State) trust() []*x509.Certificate {
	all := slices.Clone(s.Retired)
	if s.Current != nil {
		all = append(all, s.Current.cert)
	}
	if s.Next != nil {
		all = append(all, s.Next.cert)
	}
	return all
}

func contains(certs []*x509.Certificate, cert *x509.Certificate) bool {
	return slices.ContainsFunc(certs, cert.Equal)
}
