package webhook

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Registry is where metrics are registered and gathered from.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Metrics counts what the server does, under the names that dashboards for
// sidecar injection already use. Every request ends as exactly one success,
// failure or skip; what is no request for injection is counted as a bad one alone.
type Metrics struct {
	requests    prometheus.Counter
	success     prometheus.Counter
	failure     *prometheus.CounterVec
	skip        *prometheus.CounterVec
	seconds     prometheus.Histogram
	configValid prometheus.Gauge
	panics      prometheus.Counter
	bad         prometheus.Counter
}

func newMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sidecar_injection_requests_total",
			Help: "Total number of injection calls received.",
		}),
		success: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sidecar_injection_success_total",
			Help: "Total number of pods that were injected.",
		}),
		failure: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sidecar_injection_failure_total",
			Help: "Total number of pods that were refused, by reason.",
		}, []string{"reason"}),
		skip: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sidecar_injection_skip_total",
			Help: "Total number of pods that were allowed without a change, by reason.",
		}, []string{"reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "sidecar_injection_time_seconds",
			Help:    "Time to answer a call, in seconds.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		configValid: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sidecar_injection_config_valid",
			Help: "1 if the newest configuration is in effect, 0 if it does not compile.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sidecar_injection_panics_total",
			Help: "Total number of panics, each of which refused a pod.",
		}),
		bad: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outrigger_bad_requests_total",
			Help: "Total number of requests that are not valid AdmissionReviews.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.success, m.failure, m.skip, m.seconds, m.configValid, m.panics, m.bad} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	for _, c := range []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		// A registry that is shared may have these from elsewhere.
		var already prometheus.AlreadyRegisteredError
		if err := registry.Register(c); err != nil && !errors.As(err, &already) {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	// A counter that first appears with its first failure has no increase to
	// alert on: these are there from the start.
	for _, reason := range []inject.Reason{
		inject.InvalidPod, inject.InvalidAnnotation, inject.TemplateUnknown, inject.TemplateFailed, inject.InvalidResult,
		inject.OutOfTime, Overloaded, NoConfiguration, NamespaceUnknown, UnexplainedError, Panic,
	} {
		m.failure.WithLabelValues(string(reason))
	}
	return m, nil
}

// gaugeReadiness tells of what /readyz answers.
func gaugeReadiness(registry prometheus.Registerer, ready []Check) error {
	err := registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "outrigger_ready",
		Help: "1 if this replica is ready for calls, 0 if /readyz reports what it is waiting for.",
	}, func() float64 {
		for _, check := range ready {
			if check.Holds() != nil {
				return 0
			}
		}
		return 1
	}))
	if err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}

// count adds one finished call.
func (m *Metrics) count(v *verdict, took time.Duration) {
	if v.reason == InvalidReview {
		m.bad.Inc()
		return
	}
	m.requests.Inc()
	m.seconds.Observe(took.Seconds())
	switch v.outcome {
	case injected:
		m.success.Inc()
	case skipped:
		m.skip.WithLabelValues(string(v.reason)).Inc()
	case refused:
		m.failure.WithLabelValues(string(v.reason)).Inc()
	}
}
