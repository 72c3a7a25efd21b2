package certs

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Reason names what was written and why, in events, logs and metrics. The
// vocabulary is closed.
type Reason string

// What happened to others' doing, and was repaired.
const (
	BundleWiped      Reason = "BundleWiped"      // a caBundle that was right is empty
	BundleChanged    Reason = "BundleChanged"    // a caBundle lacks a CA or holds what is not ours
	WebhookRecreated Reason = "WebhookRecreated" // a webhook configuration was deleted and made again
	SecretDeleted    Reason = "SecretDeleted"    // the Secret is gone and was written anew from memory
	SecretUnusable   Reason = "SecretUnusable"   // the Secret cannot be read and was written anew
)

// What the authority does of itself.
const (
	AuthorityCreated Reason = "AuthorityCreated" // there was no Secret, and nobody who remembers it
	BundlePublished  Reason = "BundlePublished"  // a caBundle was filled for the first time, got a new CA, or lost an expired one
	CAPublished      Reason = "CAPublished"      // phase Publish
	CAPropagating    Reason = "CAPropagating"    // phase Propagate
	CAPromoted       Reason = "CAPromoted"       // phase Retire
	CAExpired        Reason = "CAExpired"        // a retired CA was dropped
	CAAdopted        Reason = "CAAdopted"        // a published CA of ours that the Secret did not know
)

// repairs are the reasons that are somebody else's doing.
var repairs = []Reason{BundleWiped, BundleChanged, WebhookRecreated, SecretDeleted, SecretUnusable}

// finding is a reason with a sentence for people. It never has key material.
type finding struct {
	reason Reason
	note   string
	// related is what it is about beside the Secret, if anything.
	related runtime.Object
}

// secretWrite is a state to store. It replaces exactly the version that was
// seen, or creates the Secret when none was.
type secretWrite struct {
	state           State
	resourceVersion string // empty: create
	finding         finding
}

// bundleWrite sets caBundles of one configuration, at exactly the version that
// was seen.
type bundleWrite struct {
	config          string
	resourceVersion string
	bundles         map[int][]byte // by index in webhooks
	findings        []finding
}

// secretDue is the write of the Secret that is due, nil for none. Only the leader
// takes the authority further; any replica that remembers may bring back a
// Secret that stays lost.
func (r *replica) secretDue(now time.Time, leads bool) (*secretWrite, error) {
	if !r.secretLostSince.IsZero() {
		return r.secretLost(now, leads)
	}
	if !leads {
		return nil, nil
	}
	state, err := r.authority.advance(now, *r.state, r)
	if err != nil || sameState(state, *r.state) {
		return nil, err
	}
	return &secretWrite{state: state, resourceVersion: r.secret.resourceVersion, finding: stepOf(*r.state, state)}, nil
}

func (r *replica) secretLost(now time.Time, leads bool) (*secretWrite, error) {
	if !leads && (r.state == nil || now.Sub(r.secretLostSince) < standIn) {
		return nil, nil
	}
	w := &secretWrite{}
	if r.secret.present {
		w.resourceVersion = r.secret.resourceVersion
		w.finding = finding{reason: SecretUnusable, note: fmt.Sprintf("the Secret cannot be used (%v)", r.secretErr)}
	}
	if r.state == nil {
		var err error
		if w.state, err = r.authority.begin(now, r); err != nil {
			return nil, err
		}
		if !r.secret.present {
			w.finding = finding{reason: AuthorityCreated, note: "there is no Secret"}
		}
		w.finding.note += "; new " + fmt.Sprint(w.newest())
		return w, nil
	}
	w.state = *r.state
	w.state.Retired = append(w.state.Retired[:len(w.state.Retired):len(w.state.Retired)], r.authority.adopt(now, w.state.trust(), r)...)
	if !r.secret.present {
		w.finding = finding{reason: SecretDeleted, note: "the Secret was deleted"}
	}
	w.finding.note += "; written anew from memory, in phase " + string(w.state.Phase)
	return w, nil
}

func (w *secretWrite) newest() *CA {
	if w.state.Next != nil {
		return w.state.Next
	}
	return w.state.Current
}

// stepOf says which step leads from one state to the next.
func stepOf(from, to State) finding {
	switch {
	case to.Next != nil && (from.Next == nil || !from.Next.cert.Equal(to.Next.cert)):
		return finding{reason: CAPublished, note: fmt.Sprintf("%v is due to be succeeded; publishing %v beside it", from.Current, to.Next)}
	case from.Phase == Publish && to.Phase == Propagate:
		return finding{reason: CAPropagating, note: fmt.Sprintf("%v is in every caBundle; waiting until API servers know it", to.Next)}
	case from.Phase == Propagate && to.Phase == Publish:
		return finding{reason: CAPublished, note: fmt.Sprintf("%v went missing from a caBundle; publishing it again", to.Next)}
	case from.Phase == Propagate && to.Phase == Retire:
		return finding{reason: CAPromoted, note: fmt.Sprintf("%v signs from now on", to.Current)}
	}
	for _, cert := range to.Retired {
		if !contains(from.trust(), cert) {
			return finding{reason: CAAdopted, note: fmt.Sprintf("CA %s stands in a caBundle and is kept until it expires", fingerprint(cert))}
		}
	}
	return finding{reason: CAExpired, note: fmt.Sprintf("%d retired CAs left", len(to.Retired))}
}

// bundlesDue are the writes of webhook configurations that are due.
func (r *replica) bundlesDue(now time.Time, leads bool) []bundleWrite {
	if r.bundleBrokenSince.IsZero() || !leads && now.Sub(r.bundleBrokenSince) < standIn {
		return nil
	}
	var writes []bundleWrite
	for _, c := range r.configs {
		w := bundleWrite{config: c.name, resourceVersion: c.resourceVersion, bundles: map[int][]byte{}}
		for _, h := range c.hooks {
			want := r.bundleFor(now, h)
			if bytes.Equal(want, h.bundle) {
				continue
			}
			w.bundles[h.index] = want
			w.findings = append(w.findings, r.wrong(h, decodeBundle(want)))
		}
		if len(w.bundles) > 0 {
			writes = append(writes, w)
		}
	}
	return writes
}

// wrong says why the caBundle of h is not what it should be.
func (r *replica) wrong(h hook, want []*x509.Certificate) finding {
	say := func(reason Reason, what string) finding {
		return finding{reason, fmt.Sprintf("MutatingWebhookConfiguration %q, webhook %q: %s", h.config, h.name, what), &corev1.ObjectReference{
			APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "MutatingWebhookConfiguration", Name: h.config,
			FieldPath: "webhooks{" + h.name + "}",
		}}
	}
	uid, was := r.synced[[2]string{h.config, h.name}]
	empty := len(bytes.TrimSpace(h.bundle)) == 0
	switch {
	case was && uid != h.uid:
		return say(WebhookRecreated, "it was made anew; its caBundle was set")
	case empty && was:
		return say(BundleWiped, "its caBundle was emptied; it was set again")
	case empty:
		return say(BundlePublished, "its caBundle was set")
	}
	var missing, foreign []string
	for _, cert := range want {
		if !contains(h.certs, cert) && (r.state.Next == nil || !cert.Equal(r.state.Next.cert)) {
			missing = append(missing, fingerprint(cert))
		}
	}
	for _, cert := range h.certs {
		if !ours(cert, r.authority.name) {
			foreign = append(foreign, fingerprint(cert))
		}
	}
	switch {
	case len(missing) > 0:
		return say(BundleChanged, "its caBundle lacked CA "+strings.Join(missing, ", ")+"; it was set again")
	case len(foreign) > 0:
		return say(BundleChanged, "its caBundle held the foreign certificate "+strings.Join(foreign, ", ")+"; it was set again")
	case bytes.Equal(encodeBundle(h.certs), h.bundle):
		return say(BundlePublished, "its caBundle was brought up to date")
	}
	return say(BundleChanged, "its caBundle was rewritten; it was set again")
}

func (f finding) isRepair() bool { return slices.Contains(repairs, f.reason) }
