package certs

import (
	"crypto/x509"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Kinds of rotation.
const (
	rotatedCA   = "ca"
	rotatedLeaf = "leaf"
)

// Kinds of failure.
const (
	failedLeaf   = "leaf"   // a leaf could not be signed
	failedSecret = "secret" // the Secret could not be written
	failedBundle = "bundle" // a caBundle could not be written
	failedFiles  = "files"  // files could not be used
)

// Metrics are what the sources of this package tell Prometheus.
type Metrics struct {
	expiry    *prometheus.GaugeVec
	lifetime  *prometheus.GaugeVec
	rotations *prometheus.CounterVec
	failures  *prometheus.CounterVec
	repairs   *prometheus.CounterVec
	inSync    *prometheus.GaugeVec
}

// NewMetrics registers the metrics with reg. With nil they are kept, and shown
// nowhere.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	auto := promauto.With(reg)
	m := &Metrics{
		expiry: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outrigger_certificate_expiry_timestamp_seconds",
			Help: "When the certificate that is served (leaf), and the CA that signed it (ca), expire, in seconds since 1970.",
		}, []string{"kind"}),
		lifetime: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outrigger_certificate_lifetime_seconds",
			Help: "How long the certificate that is served (leaf), and the CA that signed it (ca), are good for in all.",
		}, []string{"kind"}),
		rotations: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_rotations_total",
			Help: "Certificates that this replica began to serve (leaf), and CAs that it promoted to sign (ca).",
		}, []string{"kind"}),
		failures: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_failures_total",
			Help: "Failures that will be tried again, by what failed.",
		}, []string{"kind"}),
		repairs: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_repairs_total",
			Help: "What others broke and this replica repaired, by what happened.",
		}, []string{"reason"}),
		inSync: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outrigger_ca_bundle_in_sync",
			Help: "1 when every caBundle that calls this service is as it should be, 0 when not. Absent when Outrigger does not keep caBundles.",
		}, nil),
	}
	for _, kind := range []string{rotatedCA, rotatedLeaf} {
		m.rotations.WithLabelValues(kind)
	}
	for _, kind := range []string{failedLeaf, failedSecret, failedBundle, failedFiles} {
		m.failures.WithLabelValues(kind)
	}
	for _, reason := range repairs {
		m.repairs.WithLabelValues(string(reason))
	}
	return m
}

// serving tells of a leaf that is good from some time on, and of its CA, if known.
func (m *Metrics) serving(leaf *x509.Certificate, from time.Time, ca *x509.Certificate) {
	m.rotations.WithLabelValues(rotatedLeaf).Inc()
	m.expires("leaf", from, leaf.NotAfter)
	if ca != nil {
		m.expires("ca", ca.NotBefore, ca.NotAfter)
	}
}

func (m *Metrics) expires(kind string, from, until time.Time) {
	m.expiry.WithLabelValues(kind).Set(float64(until.Unix()))
	m.lifetime.WithLabelValues(kind).Set(until.Sub(from).Round(time.Second).Seconds())
}

func (m *Metrics) failed(kind string) { m.failures.WithLabelValues(kind).Inc() }

func (m *Metrics) synced(yes bool) {
	value := 0.0
	if yes {
		value = 1
	}
	m.inSync.WithLabelValues().Set(value)
}
