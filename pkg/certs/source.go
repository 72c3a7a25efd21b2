package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"time"
)

// ErrNoCertificate is what a Source answers before it has a certificate.
var ErrNoCertificate = errors.New("no serving certificate yet")

// Source gives a TLS server its certificate. It has the methods of
// cert-manager's CertificateSource, so one can stand in for the other, and those
// of a runnable of controller-runtime's manager that every replica runs.
type Source interface {
	// GetCertificate is for tls.Config. It never blocks. The error is
	// ErrNoCertificate, or wraps it with what is being waited for.
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Start keeps the certificate fresh until ctx ends; it then returns nil.
	// Faults from outside (an unreachable API server, a broken file) are logged,
	// counted and retried, and do not end it.
	Start(ctx context.Context) error
	// Healthy tells whether there is a certificate to serve.
	Healthy() bool
	// Ready is nil when there is a certificate to serve, and otherwise says what
	// is missing. Once nil it stays nil: a replica with a certificate that has
	// gone bad serves no worse than no replica at all.
	Ready() error
	// NeedLeaderElection is false: every replica serves.
	NeedLeaderElection() bool
}

// Elected is a source of which one replica leads.
type Elected interface {
	Source
	// Leads tells whether it is this one.
	Leads() bool
}

// fillIn sets what the caller of a source left to its default.
func fillIn(now *func() time.Time, log **slog.Logger, metrics **Metrics) {
	if *now == nil {
		*now = time.Now
	}
	if *log == nil {
		*log = slog.Default()
	}
	if *metrics == nil {
		*metrics = NewMetrics(nil)
	}
}
