package certs

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// leaf is a serving certificate with what is needed to renew it.
type leaf struct {
	tls  *tls.Certificate
	cert *x509.Certificate
	ca   *CA
	// made is when it was made and renew when to make the next one, by the wall
	// clock: it must also hold for a machine that was suspended.
	made, renew time.Time
}

// serviceNames are the DNS names of a service, as the API server and others in
// the cluster call it.
func serviceNames(service, namespace, clusterDomain string) []string {
	return []string{
		service + "." + namespace + ".svc",
		service + "." + namespace + ".svc." + clusterDomain,
		service + "." + namespace,
		service,
	}
}

// newLeaf signs a serving certificate for names (DNS names and IP addresses), which
// is good from its CA's beginning and until atLeast, and never outlives its CA.
// jitter in [0,1) moves the renewal within a tenth of the life around its two thirds,
// so that replicas started together part.
//
// The replica's clock only pads and schedules here, for it may be wrong. The leaf of
// one that is ahead is good all the same, since it begins when its CA does; a CA that
// looks expired still signs. The leaf of one that was set back is good for as long as
// the one before it was, which is told by atLeast.
func newLeaf(ca *CA, names []string, t Timing, now, atLeast time.Time, jitter float64) (*leaf, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, fmt.Errorf("making a leaf key: %w", err)
	}
	notAfter := now.Add(t.Leaf + t.ClockSkew)
	if notAfter.Before(atLeast) {
		notAfter = atLeast
	}
	// One that would have ended before its CA began is of no use by any clock.
	if notAfter.After(ca.cert.NotAfter) || !notAfter.After(ca.cert.NotBefore) {
		notAfter = ca.cert.NotAfter
	}
	template := &x509.Certificate{
		// Without a common name, for the subject must not be the CA's: OpenSSL takes
		// a certificate whose subject is its issuer for self-signed.
		Subject:               pkix.Name{Organization: []string{organization}},
		NotBefore:             ca.cert.NotBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	_, cert, err := pki.SignCertificate(template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("signing a leaf: %w", err)
	}
	return &leaf{
		tls:   &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert},
		cert:  cert,
		ca:    ca,
		made:  now.Round(0),
		renew: now.Round(0).Add(time.Duration(float64(t.Leaf) * (2.0/3 + (jitter-0.5)/10))),
	}, nil
}
