package certs

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// organization marks the CAs of Outrigger; the common name tells whose.
const organization = "outrigger"

// CA is a certificate authority that can sign. It prints as its fingerprint and
// expiry, and never as its key.
type CA struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// authorityName is the common name of a service's CAs. X.520 allows 64
// characters; a longer one keeps its start and ends in a hash.
func authorityName(service, namespace string) string {
	name := service + "." + namespace + ".svc"
	if len(name) > 64 {
		sum := sha256.Sum256([]byte(name))
		name = name[:47] + "-" + hex.EncodeToString(sum[:8])
	}
	return name
}

// newCA makes a self-signed CA.
func newCA(name string, t Timing, now time.Time) (*CA, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, fmt.Errorf("making a CA key: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{organization}, CommonName: name},
		NotBefore:             now.Add(-t.ClockSkew),
		NotAfter:              now.Add(t.CA + t.ClockSkew),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	_, cert, err := pki.SignCertificate(template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a CA: %w", err)
	}
	return &CA{cert: cert, key: key}, nil
}

// ours tells whether a certificate is one of our own CAs, such as may be kept in
// a caBundle that holds it. Others that share the webhook configuration's
// cluster, and what people put there by hand, are not. This tells our own from
// others', and is no defence: who may write a caBundle may as well write the URL.
func ours(cert *x509.Certificate, name string) bool {
	return cert.IsCA && cert.Subject.CommonName == name &&
		len(cert.Subject.Organization) == 1 && cert.Subject.Organization[0] == organization &&
		bytes.Equal(cert.RawIssuer, cert.RawSubject)
}

// fingerprint names a certificate in logs and reports: the first 8 bytes of its
// SHA-256 in hex.
func fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:8])
}

// Format keeps the key out of every verb.
func (ca *CA) Format(w fmt.State, _ rune) {
	if ca == nil {
		fmt.Fprint(w, "no CA")
		return
	}
	fmt.Fprintf(w, "CA %s until %s", fingerprint(ca.cert), ca.cert.NotAfter.UTC().Format(time.RFC3339))
}

// encode gives the certificate and the PKCS#8 key in PEM.
func (ca *CA) encode() (cert, key []byte, err error) {
	if cert, err = pki.EncodeX509(ca.cert); err == nil {
		key, err = pki.EncodePKCS8PrivateKey(ca.key)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a CA: %w", err)
	}
	return cert, key, nil
}

// decodeCA reads what encode wrote and checks that it can sign as name.
func decodeCA(certPEM, keyPEM []byte, name string) (*CA, error) {
	certs, err := pki.DecodeX509CertificateSetBytes(certPEM)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if len(certs) != 1 {
		return nil, fmt.Errorf("%d certificates, want one", len(certs))
	}
	key, err := pki.DecodePrivateKeyBytes(keyPEM)
	if err != nil {
		// What is wrong with a key is not told in its own words.
		return nil, errors.New("key: not one private key in PEM")
	}
	if same, err := pki.PublicKeyMatchesCertificate(key.Public(), certs[0]); err != nil || !same {
		return nil, errors.New("the key does not belong to the certificate")
	}
	if !ours(certs[0], name) {
		return nil, fmt.Errorf("the certificate is not a CA of %s", name)
	}
	return &CA{cert: certs[0], key: key}, nil
}
