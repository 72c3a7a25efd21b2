package command

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
	crlog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/textfile"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// serveSettings are the flags of `outrigger serve`.
type serveSettings struct {
	configurationFlags
	cluster        clusterSettings
	certificates   certificateSettings
	standalone     bool
	bindAddress    string
	clientCA       string
	metricsAddress string
	shutdownDelay  time.Duration
	nativeSidecars string
	platform       string
	namespaceFile  string
	proxyConfigs   string
	logFormat      string
	logLevel       slog.Level
}

func newServeCommand() *cobra.Command {
	s := &serveSettings{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the admission webhook",
		Long: `Run the mutating admission webhook. It answers the API server's admission reviews of
pods at POST /inject with the patch that injects them.

In a cluster, it reads its configuration from the mesh's ConfigMaps and manages its
own certificates. With --standalone it needs no cluster: the configuration comes from
files or a profile, and the certificate is kept in memory.`,
		Example: `  # try it on a laptop
  outrigger serve --standalone --ca-out ca.pem
  curl --cacert ca.pem https://localhost:15017/readyz?verbose

  # in a cluster, for the control plane of revision canary
  outrigger serve --revision canary --config-namespace istio-system`,
		Args: noArguments(""),
		RunE: func(c *cobra.Command, _ []string) error {
			told, listenNoMore := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			ctx, stop := context.WithCancel(context.WithoutCancel(c.Context()))
			defer stop()
			defer listenNoMore()
			// Once it is told to stop, another signal ends the process, as if nobody
			// listened.
			defer context.AfterFunc(told, func() { listenNoMore(); stop() })()
			if s.standalone && !c.Flags().Changed("shutdown-delay") {
				s.shutdownDelay = 0 // there is no cluster to send calls elsewhere
			}
			s.Stdin = c.InOrStdin()
			server, err := s.server(c)
			if err != nil {
				return err
			}
			return server.Run(ctx)
		},
	}
	flags := c.Flags()
	s.configurationFlags.addFlags(flags)
	s.cluster.addFlags(flags)
	s.certificates.addFlags(flags)
	flags.BoolVar(&s.standalone, "standalone", false, "run without a cluster: configuration from files or a profile, and a self-issued certificate in memory")
	flags.StringVar(&s.bindAddress, "bind-address", ":15017", "`HOST:PORT` where the webhook listens, with TLS")
	flags.StringVar(&s.clientCA, "client-ca-file", "", "PEM `FILE` with CAs: require a client certificate of one of them for webhook calls. The API server\nsends one if its AdmissionConfiguration is set up for it (default: no client certificate is required)")
	flags.StringVar(&s.metricsAddress, "metrics-bind-address", ":15014", "`HOST:PORT` of /metrics, /healthz and /readyz, with plain HTTP; empty to disable")
	flags.DurationVar(&s.shutdownDelay, "shutdown-delay", 10*time.Second, "how long the webhook answers calls after SIGTERM, while /readyz fails; a second signal\nends it at once (default with --standalone: 0s)")
	flags.StringVar(&s.nativeSidecars, "native-sidecars", "auto", "whether the proxy is a native sidecar: `true|false|auto`; auto decides by the kubelet versions of the nodes,\nand means true with --standalone")
	flags.StringVar(&s.platform, "platform", "", "`openshift` takes the proxy's user and group IDs from the namespace's ranges (default: detected by the cluster's API groups)")
	flags.StringVar(&s.namespaceFile, "namespace-file", "", "with --standalone, `FILE` with Namespaces, whose annotations hold the ID ranges for --platform openshift")
	flags.StringVar(&s.proxyConfigs, "proxy-config-file", "", "with --standalone, `FILE` with ProxyConfig resources of the mesh")
	flags.StringVar(&s.logFormat, "log-format", "json", "log format: `json|text`")
	flags.Var(levelFlag{&s.logLevel}, "log-level", "log level: `debug|info|warn|error`")
	return c
}

// levelFlag reads a log level by its name.
type levelFlag struct{ level *slog.Level }

func (f levelFlag) Set(name string) error { return f.level.UnmarshalText([]byte(name)) }
func (f levelFlag) String() string        { return f.level.String() }
func (f levelFlag) Type() string          { return "level" }

var _ pflag.Value = levelFlag{}

// server puts the server together as the flags say.
func (s *serveSettings) server(c *cobra.Command) (*webhook.Server, error) {
	log, err := s.logger(c)
	if err != nil {
		return nil, err
	}
	limitMemory(log)
	registry := prometheus.NewRegistry()
	s.certificates.log, s.certificates.metrics = log, certs.NewMetrics(registry)
	klog.SetSlogLogger(log)
	// What controller-runtime says of its own steps is for who looks for a fault in it.
	crlog.SetLogger(logr.FromSlogHandler(log.Handler()).V(4))
	options := webhook.Options{
		BindAddress:    s.bindAddress,
		MetricsAddress: s.metricsAddress,
		ShutdownDelay:  s.shutdownDelay,
		Log:            log,
		Registry:       registry,
	}
	if options.Callers, err = s.callers(); err != nil {
		return nil, err
	}
	switch s.nativeSidecars {
	case "auto":
	case "true", "false":
		options.NativeSidecars = webhook.Always(s.nativeSidecars == "true")
	default:
		return nil, fmt.Errorf("--native-sidecars %q: want true, false or auto", s.nativeSidecars)
	}
	if err := checkPlatform(s.platform, s.namespaceFile); err != nil {
		return nil, err
	}
	if s.namespaceFile != "" && !s.standalone {
		return nil, errors.New("--namespace-file requires --standalone: in a cluster, namespaces are read from the API server")
	}
	if s.proxyConfigs != "" && !s.standalone {
		return nil, errors.New("--proxy-config-file requires --standalone: in a cluster, ProxyConfigs are read from the API server")
	}
	var source certs.Source
	if s.standalone {
		source, err = s.serveStandalone(&options)
	} else {
		source, err = s.serveCluster(&options)
	}
	if err != nil {
		return nil, err
	}
	options.Certificate = source.GetCertificate
	options.Runners = append(options.Runners, source)
	options.Checks = append(options.Checks, webhook.Check{Name: "certificates", Holds: source.Ready})
	options.Compile = s.compileFor(log)
	return webhook.New(options)
}

// callers are the authorities of who may call, nil where anybody may.
func (s *serveSettings) callers() (*x509.CertPool, error) {
	if s.clientCA == "" {
		return nil, nil
	}
	text, err := textfile.Read(s.clientCA, "certificate")
	if err != nil {
		return nil, fmt.Errorf("reading --client-ca-file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--client-ca-file %s: no certificate in it", s.clientCA)
	}
	return pool, nil
}

func (s *serveSettings) logger(c *cobra.Command) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: s.logLevel}
	switch s.logFormat {
	case "json":
		return slog.New(slog.NewJSONHandler(c.ErrOrStderr(), o)), nil
	case "text":
		return slog.New(slog.NewTextHandler(c.ErrOrStderr(), o)), nil
	default:
		return nil, fmt.Errorf("--log-format %q: want json or text", s.logFormat)
	}
}

// compileFor compiles every version of the configuration that a source delivers.
func (s *serveSettings) compileFor(log *slog.Logger) webhook.Compile {
	return func(texts *configuration.Texts) (webhook.Engine, error) {
		injector, err := texts.Compile(inject.Options{Revision: s.Revision, OpenShift: s.platform == "openshift", Try: true})
		if err != nil {
			return nil, err
		}
		for _, warning := range injector.Warnings() {
			log.Warn("configuration: " + warning)
		}
		return injector, nil
	}
}

func (s *serveSettings) serveStandalone(o *webhook.Options) (certs.Source, error) {
	if flag := s.cluster.set(); flag != "" {
		return nil, fmt.Errorf("--%s cannot be used with --standalone, which uses no cluster", flag)
	}
	if o.NativeSidecars == nil {
		o.NativeSidecars = webhook.Always(true)
	}
	if s.namespaceFile != "" {
		namespaces, err := readNamespaces(&s.Files, s.namespaceFile)
		if err != nil {
			return nil, err
		}
		o.Namespaces = namespaces
	}
	var err error
	if o.ProxyConfigs, err = readProxyConfigs(&s.Files, s.proxyConfigs, metav1.NamespaceDefault); err != nil {
		return nil, err
	}
	if o.Configuration, err = s.configurationOfFlags(o.Log); err != nil {
		return nil, err
	}
	return s.certificates.standalone()
}

// configurationOfFlags is the configuration in files, followed as they change, or
// that of a profile.
func (s *serveSettings) configurationOfFlags(log *slog.Logger) (webhook.Source, error) {
	if s.Config == "" {
		texts, err := s.load()
		if err != nil {
			return nil, err
		}
		return webhook.Fixed{Texts: texts}, nil
	}
	if err := s.contradiction(); err != nil {
		return nil, err
	}
	return webhook.Files{Files: &s.Files, Log: log}, nil
}
