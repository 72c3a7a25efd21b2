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
			Help: "Expiry of the serving certificate (leaf) and of the CA that signed it (ca), in seconds since the epoch.",
		}, []string{"kind"}),
		lifetime: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outrigger_certificate_lifetime_seconds",
			Help: "Total lifetime of the serving certificate (leaf) and of the CA that signed it (ca), in seconds.",
		}, []string{"kind"}),
		rotations: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_rotations_total",
			Help: "Total number of certificates that this replica began to serve (leaf), and of CAs that it promoted (ca).",
		}, []string{"kind"}),
		failures: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_failures_total",
			Help: "Total number of failures, by what failed. Each is retried.",
		}, []string{"kind"}),
		repairs: auto.NewCounterVec(prometheus.CounterOpts{
			Name: "outrigger_certificate_repairs_total",
			Help: "Total number of repairs by this replica, by what had happened.",
		}, []string{"reason"}),
		inSync: auto.NewGaugeVec(prometheus.GaugeOpts{
			Name: "outrigger_ca_bundle_in_sync",
			Help: "1 if all caBundles for this Service are as they should be, else 0. Absent if Outrigger does not manage caBundles.",
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
