package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

const (
	// LongestCall is after how long the API server gives a call up at the latest (the
	// largest timeoutSeconds there is): nothing that takes longer is worth finishing.
	LongestCall = 30 * time.Second

	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	// The API server keeps its connection for the next pod; making a new one
	// costs a handshake in the middle of a pod's creation.
	idleTimeout    = 5 * time.Minute
	maxHeaderBytes = 32 << 10
	// maxStreams is how many calls one connection can have under way.
	maxStreams = 250
	// receiveBuffer is how much of their bodies can have come before it is read.
	receiveBuffer = 4 * smallBody
)

// GetCertificate finds the certificate to serve a TLS handshake with, as
// tls.Config.GetCertificate does.
type GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// Source feeds a Current with the versions of a configuration until the context
// ends. It returns an error only where it cannot go on.
type Source interface {
	Feed(ctx context.Context, current *Current) error
}

// Runner is something that works beside the server, such as the rotation of
// certificates, until the context ends. An error ends the server.
type Runner = manager.Runnable

// Options says what a Server is made of.
type Options struct {
	// BindAddress is where webhook calls and probes are answered over TLS,
	// host:port.
	BindAddress string
	// MetricsAddress is where metrics and probes are answered in plain HTTP,
	// host:port. Empty: nowhere.
	MetricsAddress string
	// Certificate is asked at every handshake.
	Certificate GetCertificate
	// Callers are the authorities of the client certificate that webhook calls need.
	// Nil: anybody may call.
	Callers *x509.CertPool

	// Compile makes an engine of each version that Configuration delivers.
	Compile       Compile
	Configuration Source
	// NativeSidecars decides it for each pod.
	NativeSidecars NativeSidecars
	// Namespaces is asked for the namespace of each pod. Nil: engines are not
	// told of namespaces, which only OpenShift needs.
	Namespaces NamespaceAnnotations
	// ProxyConfigs are the mesh's ProxyConfig resources. Nil: there are none.
	ProxyConfigs *mesh.Resources

	// Runners work from before the first call until after the last.
	Runners []Runner
	// Group has the server and all that works beside it run. Nil: one for a process
	// without a cluster.
	Group Group
	// Checks have to hold for /readyz, beside the server's own.
	Checks []Check
	// ShutdownDelay is how long calls are still taken, with /readyz failing,
	// once Run's context has ended: the time that it takes the cluster to send
	// them elsewhere.
	ShutdownDelay time.Duration

	Log *slog.Logger
	// Registry takes the server's metrics and is served. Nil: a new one.
	Registry Registry
	// Listening, if set, is called once both addresses are bound, with what they
	// are. metrics is nil without a MetricsAddress.
	Listening func(webhook, metrics net.Addr)
}

// Server answers a cluster's admission calls.
type Server struct {
	options    Options
	current    *Current
	room       *room
	handshakes *handshakes
	webhook    *http.Server
	metrics    *http.Server
	stopping   atomic.Bool
	after      func(time.Duration) <-chan time.Time // tests end the delay themselves
}

// New makes a Server of options. It binds no address yet.
func New(o Options) (*Server, error) {
	switch {
	case o.Certificate == nil:
		return nil, errors.New("webhook server: no source of certificates")
	case o.Compile == nil || o.Configuration == nil:
		return nil, errors.New("webhook server: no source of configuration, or no compiler for it")
	case o.NativeSidecars == nil || o.Log == nil:
		return nil, errors.New("webhook server: NativeSidecars and Log are required")
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Group == nil {
		o.Group = &alone{}
	}
	metrics, err := newMetrics(o.Registry)
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, current: newCurrent(o.Compile, o.Log, metrics), room: newRoom(), handshakes: newHandshakes(), after: time.After}

	troubles := newTroubles(o.Log)
	calls := &handler{
		current: s.current, metrics: metrics, log: o.Log, troubles: troubles, room: s.room,
		parsePath: inject.ParsePath, native: o.NativeSidecars, namespaces: o.Namespaces, proxyConfigs: o.ProxyConfigs,
	}
	ready := append([]Check{
		{Name: "shutdown", Holds: s.notStopping},
		configurationCheck(s.current),
		certificateCheck(o.Certificate),
	}, o.Checks...)
	healthz := serveHealth("healthz", []Check{{Name: "ping", Holds: func() error { return nil }}})
	readyz := serveHealth("readyz", ready)
	if err := gaugeReadiness(o.Registry, ready); err != nil {
		return nil, err
	}

	var answers http.Handler = calls
	if o.Callers != nil {
		answers = onlyVerified(calls)
	}
	errorLog := log.New(troubles, "", 0)
	s.webhook = &http.Server{
		Handler: s.sendingAway(webhookRoutes(answers, healthz, readyz)),
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			NextProtos:     []string{"h2", "http/1.1"},
			GetCertificate: o.Certificate,
			// The same configuration for all, once it is their turn.
			GetConfigForClient: s.handshakes.await,
		},
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      LongestCall + readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          maxStreams,
			MaxReceiveBufferPerConnection: receiveBuffer,
			MaxReceiveBufferPerStream:     smallBody,
		},
		ErrorLog: errorLog,
	}
	if o.Callers != nil {
		askCallers(s.webhook.TLSConfig, o.Callers)
	}
	if o.MetricsAddress != "" {
		mux := http.NewServeMux()
		mux.Handle("/metrics", promhttp.InstrumentMetricHandler(o.Registry, promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
			ErrorLog: errorLog, EnableOpenMetrics: true,
		})))
		// A probe in plain HTTP works before there is a certificate, and says so.
		mux.HandleFunc("/healthz", healthz)
		mux.HandleFunc("/readyz", readyz)
		s.metrics = &http.Server{
			Handler:           mux,
			ReadHeaderTimeout: readHeaderTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      LongestCall,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          errorLog,
		}
	}
	return s, nil
}

// webhookRoutes does without http.ServeMux, which answers a path with an empty
// segment (a parameter without a value) by a redirect that API servers refuse.
func webhookRoutes(calls http.Handler, healthz, readyz http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/inject" || strings.HasPrefix(path, "/inject/"):
			calls.ServeHTTP(w, r)
		case path == "/healthz":
			healthz(w, r)
		case path == "/readyz":
			readyz(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// sendingAway has every answer of a server that stops end its connection, once
// the calls on it are answered (HTTP/2 does it by a GOAWAY frame). A connection
// that is still open at the end of the delay may be closed in the very moment
// when a call comes in on it; callers who were told are elsewhere by then.
func (s *Server) sendingAway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) notStopping() error {
	if s.stopping.Load() {
		return errors.New("the server is stopping")
	}
	return nil
}

// Run serves until ctx ends, and then until the last call is answered. It
// returns nil after such an end, and an error where the server cannot go on.
func (s *Server) Run(ctx context.Context) error {
	var listen net.ListenConfig
	calls, err := listen.Listen(ctx, "tcp", s.options.BindAddress)
	if err != nil {
		return fmt.Errorf("listening for webhook calls: %w", err)
	}
	defer calls.Close()
	var metrics net.Listener
	if s.metrics != nil {
		if metrics, err = listen.Listen(ctx, "tcp", s.options.MetricsAddress); err != nil {
			return fmt.Errorf("listening for metrics: %w", err)
		}
		defer metrics.Close()
	}

	untilAnswered, untilScraped := LongestCall, time.Second
	parts := []Runner{
		part{"reading the configuration", func(ctx context.Context) error { return s.options.Configuration.Feed(ctx, s.current) }},
		&manager.Server{Name: "webhook calls", Server: s.webhook, Listener: tls.NewListener(&handshakeListener{calls, s.handshakes}, s.webhook.TLSConfig), ShutdownTimeout: &untilAnswered},
	}
	parts = append(parts, part{"collecting garbage", s.room.heap.Start})
	for _, runner := range s.options.Runners {
		parts = append(parts, part{fmt.Sprintf("%T", runner), runner.Start})
	}
	var metricsAddr net.Addr
	said := []any{"webhook", calls.Addr().String()}
	if s.metrics != nil {
		parts = append(parts, &manager.Server{Name: "metrics", Server: s.metrics, Listener: metrics, ShutdownTimeout: &untilScraped})
		metricsAddr = metrics.Addr()
		said = append(said, "metrics", metricsAddr.String())
	}
	for _, p := range parts {
		if err := s.options.Group.Add(p); err != nil {
			return fmt.Errorf("putting the server together: %w", err)
		}
	}

	// What works beside the server does so until the last call is answered.
	beside, stopBeside := context.WithCancel(logr.NewContext(context.WithoutCancel(ctx), logr.FromSlogHandler(s.options.Log.Handler()).V(4)))
	defer stopBeside()
	ended := make(chan error, 1)
	go func() { ended <- s.options.Group.Start(beside) }()
	s.options.Log.Info("listening", said...)
	if s.options.Listening != nil {
		s.options.Listening(calls.Addr(), metricsAddr)
	}

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	s.options.Log.Info("stopping: calls are still taken", "for", s.options.ShutdownDelay)
	select {
	case err := <-ended:
		return err
	case <-s.after(s.options.ShutdownDelay):
	}
	err = s.drain(context.WithoutCancel(ctx))
	stopBeside()
	return errors.Join(err, <-ended)
}

// drain takes no more calls and waits for those under way. Metrics are served all
// the while, so that the last calls are counted where somebody looks.
func (s *Server) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, LongestCall)
	defer cancel()
	if err := s.webhook.Shutdown(ctx); err != nil {
		_ = s.webhook.Close()
		return fmt.Errorf("waiting for calls under way: %w", err)
	}
	return nil
}
