package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// Keys of the Secret's data.
const (
	keyPhase       = "phase"
	keySince       = "phase-since" // RFC 3339
	keyBundle      = "ca.crt"      // every trusted CA
	keyCurrentCert = "current.crt"
	keyCurrentKey  = "current.key"
	keyNextCert    = "next.crt"
	keyNextKey     = "next.key"
)

// encode gives the data of the Secret that holds s.
func (s State) encode() (map[string][]byte, error) {
	data := map[string][]byte{
		keyPhase:  []byte(s.Phase),
		keySince:  []byte(s.Since.UTC().Format(time.RFC3339)),
		keyBundle: encodeBundle(s.trust()),
	}
	for _, pair := range []struct {
		ca        *CA
		cert, key string
	}{{s.Current, keyCurrentCert, keyCurrentKey}, {s.Next, keyNextCert, keyNextKey}} {
		if pair.ca == nil {
			continue
		}
		cert, key, err := pair.ca.encode()
		if err != nil {
			return nil, err
		}
		data[pair.cert], data[pair.key] = cert, key
	}
	return data, nil
}

// decodeState reads the data of the Secret. It accepts only what encode can
// have written: a Secret that is wrong in one place is not to be trusted in
// another. Errors name the key of the data and never repeat any of it.
func decodeState(data map[string][]byte, name string) (State, error) {
	var s State
	s.Phase = Phase(data[keyPhase])
	since, err := time.Parse(time.RFC3339, string(data[keySince]))
	if err != nil {
		return State{}, fmt.Errorf("%s: not an RFC 3339 time", keySince)
	}
	s.Since = since
	for _, pair := range []struct {
		ca        **CA
		cert, key string
	}{{&s.Current, keyCurrentCert, keyCurrentKey}, {&s.Next, keyNextCert, keyNextKey}} {
		if len(data[pair.cert]) == 0 && len(data[pair.key]) == 0 {
			continue
		}
		if *pair.ca, err = decodeCA(data[pair.cert], data[pair.key], name); err != nil {
			return State{}, fmt.Errorf("%s and %s: %w", pair.cert, pair.key, err)
		}
	}
	switch s.Phase {
	case Steady, Retire:
		if s.Current == nil || s.Next != nil {
			return State{}, fmt.Errorf("phase %s wants a current CA and no next one", s.Phase)
		}
	case Publish, Propagate:
		if s.Next == nil {
			return State{}, fmt.Errorf("phase %s wants a next CA", s.Phase)
		}
	default:
		return State{}, errors.New("phase: not a known one")
	}
	bundle, err := pki.DecodeX509CertificateSetBytes(data[keyBundle])
	if err != nil {
		return State{}, fmt.Errorf("%s: %w", keyBundle, err)
	}
	active := s.trust()
	for _, cert := range active {
		if !contains(bundle, cert) {
			return State{}, fmt.Errorf("%s lacks CA %s", keyBundle, fingerprint(cert))
		}
	}
	for _, cert := range bundle {
		if !ours(cert, name) {
			return State{}, fmt.Errorf("%s holds a certificate that is not a CA of %s", keyBundle, name)
		}
		if !contains(active, cert) {
			s.Retired = append(s.Retired, cert)
		}
	}
	return s, nil
}

// sameState compares what two states would be written as, but for Since.
func sameState(a, b State) bool {
	sameCA := func(a, b *CA) bool {
		return a == b || a != nil && b != nil && a.cert.Equal(b.cert)
	}
	sameCerts := func(a, b []*x509.Certificate) bool {
		if len(a) != len(b) {
			return false
		}
		for _, cert := range a {
			if !contains(b, cert) {
				return false
			}
		}
		return true
	}
	return a.Phase == b.Phase && sameCA(a.Current, b.Current) && sameCA(a.Next, b.Next) && sameCerts(a.Retired, b.Retired)
}
