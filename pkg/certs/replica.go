package certs

import (
	"bytes"
	"crypto/x509"
	"math/rand/v2"
	"slices"
	"time"
)

// standIn is how long a fault must have been in sight before a replica that does
// not lead repairs it. The leader needs milliseconds; this is for when there is
// none.
const standIn = time.Second

// secretView is the Secret as a replica sees it.
type secretView struct {
	present         bool
	resourceVersion string
	data            map[string][]byte
}

// configView is one webhook configuration as a replica sees it.
type configView struct {
	name            string
	resourceVersion string
	hooks           []hook // that call us
}

// replica is the judgement of one running process: what it knows, which leaf it
// serves, and what it would write. It reads no clock and calls no API, so that
// tests can run years of it.
type replica struct {
	authority authority
	names     []string // the leaf's

	secret    secretView
	secretErr error  // why the Secret in sight is not usable; nil also when there is none
	state     *State // the last usable one, kept when the Secret is lost
	configs   []configView

	// since is when each CA of interest came to be in every caBundle. A CA that
	// is missing from one has no entry.
	since map[string]time.Time
	// synced is the uid of the configuration with which an entry was last right,
	// by configuration and entry.
	synced map[[2]string]string

	started           time.Time // the first look
	secretLostSince   time.Time
	bundleBrokenSince time.Time

	leaf *leaf
}

func newReplica(a authority, names []string) *replica {
	return &replica{authority: a, names: names, since: map[string]time.Time{}, synced: map[[2]string]string{}}
}

// observe takes in what is to be seen now.
func (r *replica) observe(now time.Time, secret secretView, configs []configView) {
	if r.started.IsZero() {
		r.started = now
	}
	if secret.present && (!r.secret.present || secret.resourceVersion != r.secret.resourceVersion) {
		state, err := decodeState(secret.data, r.authority.name)
		if r.secretErr = err; err == nil {
			r.state = &state
		}
	}
	if !secret.present {
		r.secretErr = nil
	}
	r.secret, r.configs = secret, configs
	mark(&r.secretLostSince, now, !secret.present || r.secretErr != nil)

	seen := map[string]time.Time{}
	for _, cert := range r.interest() {
		if !r.inEveryBundle(cert) {
			continue
		}
		since, known := r.since[string(cert.Raw)]
		if !known || since.After(now) { // a clock that was set back
			since = now
		}
		seen[string(cert.Raw)] = since
	}
	r.since = seen

	broken := false
	if r.state != nil {
		for _, c := range configs {
			for _, h := range c.hooks {
				if bytes.Equal(h.bundle, r.bundleFor(now, h)) {
					r.synced[[2]string{h.config, h.name}] = h.uid
				} else {
					broken = true
				}
			}
		}
	}
	mark(&r.bundleBrokenSince, now, broken)
}

// mark keeps the time since when a condition holds; zero when it does not.
func mark(since *time.Time, now time.Time, holds bool) {
	switch {
	case !holds:
		*since = time.Time{}
	case since.IsZero(), since.After(now): // or the clock was set back
		*since = now
	}
}

// interest are the CAs whose place in the caBundles matters.
func (r *replica) interest() []*x509.Certificate {
	var certs []*x509.Certificate
	if r.state != nil {
		certs = r.state.trust()
	}
	if r.leaf != nil && !contains(certs, r.leaf.ca.cert) {
		certs = append(certs, r.leaf.ca.cert)
	}
	return certs
}

func (r *replica) inEveryBundle(cert *x509.Certificate) bool {
	for _, c := range r.configs {
		for _, h := range c.hooks {
			if !contains(h.certs, cert) {
				return false
			}
		}
	}
	return true
}

// everywhere implements sight. Where no webhook calls us, every CA is
// everywhere.
func (r *replica) everywhere(now time.Time, ca *x509.Certificate) (time.Duration, bool) {
	since, there := r.since[string(ca.Raw)]
	if !there {
		return 0, false
	}
	return now.Sub(since), true
}

// published implements sight.
func (r *replica) published() []*x509.Certificate {
	var certs []*x509.Certificate
	for _, c := range r.configs {
		for _, h := range c.hooks {
			for _, cert := range h.certs {
				if !contains(certs, cert) && ours(cert, r.authority.name) {
					certs = append(certs, cert)
				}
			}
		}
	}
	return certs
}

// tend renews the leaf, or changes it to the current CA, when that is due and
// safe. It tells whether it did.
func (r *replica) tend(now time.Time) (bool, error) {
	from := r.signer(now)
	if from == nil {
		return false, nil
	}
	var atLeast time.Time
	if r.leaf != nil && now.Before(r.leaf.made.Add(-r.authority.timing.ClockSkew)) {
		atLeast = r.leaf.cert.NotAfter // by one of two clocks it is good for that long
	}
	l, err := newLeaf(from, r.names, r.authority.timing, now, atLeast, rand.Float64())
	if err != nil {
		return false, err
	}
	r.leaf = l
	return true, nil
}

// signer is the CA to make a new leaf from, nil when none is to be made.
func (r *replica) signer(now time.Time) *CA {
	var current *CA
	if r.state != nil && r.state.Current != nil && !notYet(now, r.state.Current.cert) {
		current = r.state.Current
	}
	if r.leaf == nil {
		if current != nil && r.settled(now, current.cert) {
			return current
		}
		return nil
	}
	if current != nil && !current.cert.Equal(r.leaf.ca.cert) {
		useless := r.authority.expired(now, r.leaf.cert) || notYet(now, r.leaf.cert)
		wait, there := r.everywhere(now, current.cert)
		if there && (wait >= r.authority.timing.Propagation || useless) {
			return current
		}
	}
	// One that seems to be made in the future was made by another clock than this.
	if !now.Before(r.leaf.renew) || now.Before(r.leaf.made.Add(-r.authority.timing.ClockSkew)) {
		return r.leaf.ca
	}
	return nil
}

// settled is whether a replica that has no leaf may serve one of the current CA.
// The writer waited before it made that CA the current one, so it is enough to
// find it published at the first look. Whatever comes into sight later, a Secret
// that was set back or begun anew, may be news to API servers too, and is waited
// for, unless there is no other CA that a call could now rest on.
func (r *replica) settled(now time.Time, current *x509.Certificate) bool {
	wait, there := r.everywhere(now, current)
	if !there {
		return false
	}
	if wait >= r.authority.timing.Propagation || r.since[string(current.Raw)].Equal(r.started) {
		return true
	}
	return !slices.ContainsFunc(r.published(), func(c *x509.Certificate) bool {
		return !c.Equal(current) && !r.authority.expired(now, c)
	})
}

// bundleFor is what the caBundle of h should be for all that this replica knows.
// r.state must be known.
func (r *replica) bundleFor(now time.Time, h hook) []byte {
	var live []*x509.Certificate
	for _, ca := range []*CA{r.state.Current, r.state.Next} {
		if ca != nil {
			live = append(live, ca.cert)
		}
	}
	retired := r.state.Retired
	if r.leaf != nil {
		retired = append([]*x509.Certificate{r.leaf.ca.cert}, retired...)
	}
	return r.authority.bundleFor(now, h, live, retired)
}

// nextDue is when this replica has something to do though nothing is seen to
// change.
func (r *replica) nextDue(now time.Time, leads bool) time.Time {
	at := now.Add(r.authority.timing.CA)
	// What is due already was just tried: it waits for something that will be seen.
	earlier := func(t time.Time) {
		if t.After(now) && t.Before(at) {
			at = t
		}
	}
	t := r.authority.timing
	if r.leaf != nil {
		earlier(r.leaf.renew)
	}
	for _, since := range []time.Time{r.secretLostSince, r.bundleBrokenSince} {
		if at := since.Add(standIn); !since.IsZero() && at.After(now) {
			earlier(at)
		} else if !since.IsZero() {
			earlier(now.Add(standIn))
		}
	}
	if r.state == nil {
		return at
	}
	propagated := func(ca *CA) {
		if since, there := r.since[string(ca.cert.Raw)]; there {
			earlier(since.Add(t.Propagation))
		}
	}
	if r.state.Current != nil && (r.leaf == nil || !r.state.Current.cert.Equal(r.leaf.ca.cert)) {
		propagated(r.state.Current)
	}
	if leads {
		if r.state.Next != nil {
			propagated(r.state.Next)
		} else {
			earlier(t.due(r.state.Current))
		}
		for _, cert := range r.state.Retired {
			earlier(cert.NotAfter.Add(2 * t.ClockSkew))
		}
	}
	return at
}

// wanting says what the first leaf waits for.
func (r *replica) wanting(now time.Time) string {
	switch {
	case r.state == nil:
		return "a leader to write the Secret"
	case r.state.Current == nil:
		return "the new CA to be known to API servers"
	case notYet(now, r.state.Current.cert):
		return "a CA that is valid by this clock"
	}
	return "the CA to be published in every caBundle"
}
