package main

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// authority vouches for a server on this machine.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem         []byte
}

func newAuthority() (*authority, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, err
	}
	about := validNow(1)
	about.IsCA, about.BasicConstraintsValid, about.KeyUsage = true, true, x509.KeyUsageCertSign
	pem, certificate, err := pki.SignCertificate(about, about, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key, pem}, nil
}

// leaf is a certificate for localhost and its key, PEM.
func (a *authority) leaf() (certificate, key []byte, err error) {
	own, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, nil, err
	}
	about := validNow(2)
	about.DNSNames, about.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	about.KeyUsage, about.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if certificate, _, err = pki.SignCertificate(about, a.certificate, own.Public(), a.key); err != nil {
		return nil, nil, err
	}
	key, err = pki.EncodePKCS8PrivateKey(own)
	return certificate, key, err
}

func validNow(serial int64) *x509.Certificate {
	number := big.NewInt(serial + time.Now().UnixNano())
	return &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: number.String()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}
