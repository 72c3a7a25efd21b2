package command

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/pflag"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// certificateSettings are the flags that say where the serving certificate comes
// from.
type certificateSettings struct {
	mode          string
	cert, key, ca string
	caOut         string
	secret, lease string
	timing        certs.Timing

	log     *slog.Logger
	metrics *certs.Metrics
}

func (s *certificateSettings) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.mode, "cert-mode", "self", "source of the certificates: `self|cert-manager|files`; self is Outrigger's own CA, which is stored in a Secret")
	flags.StringVar(&s.cert, "tls-cert-file", "", "PEM `FILE` with the serving certificate; reloaded when it changes")
	flags.StringVar(&s.key, "tls-key-file", "", "PEM `FILE` with the private key")
	flags.StringVar(&s.ca, "tls-ca-file", "", "PEM `FILE` with the CA bundle that callers trust; a certificate that it does not verify is not served")
	flags.StringVar(&s.caOut, "ca-out", "", "with --standalone, PEM `FILE` to write the CA to")
	flags.StringVar(&s.secret, "cert-secret", "", "`NAME` of the Secret with the CAs (default outrigger-ca[-REVISION])")
	flags.StringVar(&s.lease, "cert-lease", "", "`NAME` of the Lease for the election of the replica that rotates the CA (default outrigger-certs[-REVISION])")
	flags.DurationVar(&s.timing.CA, "ca-lifetime", 365*24*time.Hour, "lifetime of a CA")
	flags.DurationVar(&s.timing.Leaf, "leaf-lifetime", 24*time.Hour, "lifetime of a serving certificate")
	flags.DurationVar(&s.timing.Propagation, "ca-propagation", 30*time.Second, "how long a new CA is in the CA bundles before it signs")
	flags.DurationVar(&s.timing.ClockSkew, "clock-skew", 5*time.Minute, "maximum clock difference between replicas and API servers")
}

func (s *certificateSettings) standalone() (certs.Source, error) {
	if s.cert != "" || s.key != "" {
		return s.files()
	}
	return certs.NewStandalone(certs.StandaloneOptions{
		CAOut:   s.caOut,
		Timing:  certs.Timing{Leaf: s.timing.Leaf, ClockSkew: s.timing.ClockSkew},
		Log:     s.log,
		Metrics: s.metrics,
	})
}

func (s *certificateSettings) inCluster(m manager.Manager, client cluster.Client, c *clusterSettings, revision string, o *webhook.Options) (certs.Source, error) {
	switch {
	case s.caOut != "":
		return nil, errors.New("--ca-out requires --standalone: in a cluster, the CA is in the webhook configuration")
	case s.mode == "self":
		return s.ofItsOwn(m, client, s.self(c, revision), o)
	case s.mode == "files", s.mode == "cert-manager":
		return s.files()
	default:
		return nil, fmt.Errorf("--cert-mode %q: want self, cert-manager or files", s.mode)
	}
}

// ofItsOwn is an authority of one's own. It adds to the server what gives its entries
// their rules.
func (s *certificateSettings) ofItsOwn(m manager.Manager, client cluster.Client, settings certs.SelfOptions, o *webhook.Options) (certs.Source, error) {
	leases, err := coordinationv1.NewForConfigAndClient(m.GetConfig(), m.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster's Leases: %w", err)
	}
	source, err := certs.NewSelf(certs.Cluster{Client: client, Leases: leases, Events: m.GetEventRecorder("outrigger.io/certs")}, settings)
	if err != nil {
		return nil, err
	}
	opening := certs.NewOpening(client, certs.OpeningOptions{
		Service:               settings.Service,
		Namespace:             settings.Namespace,
		WebhookConfigurations: settings.WebhookConfigurations,
		Rules:                 webhook.Rules(),
		Certificate:           source.GetCertificate,
		Leads:                 source.Leads,
		Log:                   s.log,
	})
	o.Runners = append(o.Runners, opening)
	o.Checks = append(o.Checks, webhook.Check{Name: "rules", Holds: opening.Ready})
	return source, nil
}

// self are the options of an authority of one's own.
func (s *certificateSettings) self(c *clusterSettings, revision string) certs.SelfOptions {
	return certs.SelfOptions{
		Service:               c.serviceName,
		Namespace:             c.namespace,
		ClusterDomain:         c.domain,
		WebhookConfigurations: c.webhookConfigs,
		Secret:                orRevisioned(s.secret, "outrigger-ca", revision),
		Lease:                 orRevisioned(s.lease, "outrigger-certs", revision),
		Timing:                s.timing,
		Log:                   s.log,
		Metrics:               s.metrics,
	}
}

func (s *certificateSettings) files() (certs.Source, error) {
	if s.cert == "" || s.key == "" {
		return nil, errors.New("certificates from files need both --tls-cert-file and --tls-key-file")
	}
	return certs.NewFiles(certs.FilesOptions{Cert: s.cert, Key: s.key, CA: s.ca, Log: s.log, Metrics: s.metrics})
}
