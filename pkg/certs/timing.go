package certs

import (
	"errors"
	"fmt"
	"time"
)

// Timing is how long things live and how long to wait. A zero field means its
// default.
type Timing struct {
	// CA is the life of a certificate authority. Its successor is prepared
	// after two thirds of it. Default: 365 days.
	CA time.Duration
	// Leaf is the life of a serving certificate, which is renewed after about
	// two thirds of it. At most half of CA. Default: 24 hours.
	Leaf time.Duration
	// Propagation is how long a new CA stays visible in every caBundle before a
	// leaf of it is served: the time any API server may take to act on a changed
	// webhook configuration. At most a sixth of CA. Default: 30 seconds.
	Propagation time.Duration
	// ClockSkew is the most by which any two clocks of replicas and API servers
	// differ. Certificates are valid for this much longer on both ends, and
	// expired CAs stay in the caBundle for twice as long. Default: 5 minutes.
	ClockSkew time.Duration
}

func (t Timing) withDefaults() (Timing, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		usual time.Duration
	}{
		{"CA life", &t.CA, 365 * 24 * time.Hour},
		{"leaf life", &t.Leaf, 24 * time.Hour},
		{"propagation time", &t.Propagation, 30 * time.Second},
		{"clock skew", &t.ClockSkew, 5 * time.Minute},
	} {
		if *d.value < 0 {
			return Timing{}, fmt.Errorf("%s is negative: %s", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	if t.Leaf > t.CA/2 {
		return Timing{}, fmt.Errorf("leaf life %s is more than half the CA life %s", t.Leaf, t.CA)
	}
	if t.Propagation > t.CA/6 {
		return Timing{}, fmt.Errorf("propagation time %s is more than a sixth of the CA life %s, so a rotation might not end in time", t.Propagation, t.CA)
	}
	if t.Leaf < time.Second {
		return Timing{}, errors.New("leaf life is under a second, the precision of certificates")
	}
	return t, nil
}

// due is when the successor of a CA is prepared: after two thirds of its life.
// It is reckoned from both ends, so that a CA made under another Timing is
// replaced when either would replace it.
func (t Timing) due(ca *CA) time.Time {
	fromStart := ca.cert.NotBefore.Add(t.ClockSkew + t.CA*2/3)
	fromEnd := ca.cert.NotAfter.Add(-t.ClockSkew - t.CA/3)
	if fromStart.Before(fromEnd) {
		return fromStart
	}
	return fromEnd
}
