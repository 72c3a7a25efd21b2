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
	// renew is when to make the next one, by the wall clock: it must also hold
	// for a machine that was suspended.
	renew time.Time
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

// newLeaf signs a serving certificate for names (DNS names and IP addresses).
// It never outlives its CA. jitter in [0,1) moves the renewal within a tenth of
// the life around its two thirds, so that replicas started together part.
//
// The replica's clock only pads and schedules here. A CA that looks expired
// still signs: when this clock is right the leaf is of no use and of no harm,
// and when it runs ahead the leaf is good.
func newLeaf(ca *CA, names []string, t Timing, now time.Time, jitter float64) (*leaf, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, fmt.Errorf("making a leaf key: %w", err)
	}
	notAfter := now.Add(t.Leaf + t.ClockSkew)
	if notAfter.After(ca.cert.NotAfter) {
		notAfter = ca.cert.NotAfter
	}
	notBefore := now.Add(-t.ClockSkew)
	if !notBefore.Before(notAfter) {
		notBefore = ca.cert.NotBefore
	}
	template := &x509.Certificate{
		// Without a common name, for the subject must not be the CA's: OpenSSL takes
		// a certificate whose subject is its issuer for self-signed.
		Subject:               pkix.Name{Organization: []string{organization}},
		NotBefore:             notBefore,
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
		renew: now.Round(0).Add(time.Duration(float64(t.Leaf) * (2.0/3 + (jitter-0.5)/10))),
	}, nil
}
