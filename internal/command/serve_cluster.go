package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/textfile"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// namespaceFile is where the kubelet tells a pod its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// clusterSettings are the flags that name the objects of a cluster.
type clusterSettings struct {
	kubeconfig        string
	namespace         string
	configNamespace   string
	injectorConfigMap string
	meshConfigMap     string
	serviceName       string
	domain            string
	webhookConfigs    []string
	flags             *pflag.FlagSet
}

func (c *clusterSettings) addFlags(flags *pflag.FlagSet) {
	c.flags = flags
	flags.StringVar(&c.configNamespace, "config-namespace", "", "`NAME` of the namespace with the mesh's ConfigMaps (default: --namespace)")
	flags.StringVar(&c.injectorConfigMap, "injector-config-map", "", "`NAME` of the ConfigMap with the injector's configuration (default istio-sidecar-injector[-REVISION])")
	flags.StringVar(&c.meshConfigMap, "mesh-config-map", "", "`NAME` of the ConfigMap with the mesh configuration (default istio[-REVISION])")
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "kubeconfig `FILE` (default in a pod: its service account)")
	flags.StringVarP(&c.namespace, "namespace", "n", "", "`NAME` of the namespace that Outrigger runs in (default: $POD_NAMESPACE, or the service account's)")
	flags.StringVar(&c.serviceName, "service-name", "", "`NAME` of the webhook's Service (default outrigger[-REVISION])")
	flags.StringVar(&c.domain, "cluster-domain", "cluster.local", "DNS `DOMAIN` of the cluster")
	flags.StringArrayVar(&c.webhookConfigs, "webhook-config", nil, "`NAME` of a MutatingWebhookConfiguration whose CA bundle Outrigger manages (default outrigger[-REVISION]); may be repeated")
}

// clusterFlags are those that mean nothing without a cluster.
var clusterFlags = []string{
	"kubeconfig", "namespace", "config-namespace", "injector-config-map", "mesh-config-map",
	"service-name", "cluster-domain", "webhook-config", "cert-mode", "cert-secret", "cert-lease",
}

// set returns the name of a flag of the cluster that was given, "" for none.
func (c *clusterSettings) set() string {
	for _, name := range clusterFlags {
		if c.flags.Changed(name) {
			return name
		}
	}
	return ""
}

// complete fills in what follows from the revision and from where it runs.
func (c *clusterSettings) complete(revision string) error {
	if c.namespace == "" {
		c.namespace = os.Getenv("POD_NAMESPACE")
	}
	if c.namespace == "" {
		text, err := textfile.Read(namespaceFile, "namespace")
		if err != nil {
			return errors.New("the namespace is unknown: set --namespace or $POD_NAMESPACE, or use --standalone without a cluster")
		}
		c.namespace = strings.TrimSpace(string(text))
	}
	if c.configNamespace == "" {
		c.configNamespace = c.namespace
	}
	if c.injectorConfigMap == "" {
		c.injectorConfigMap = webhook.InjectorConfigMap(revision)
	}
	if c.meshConfigMap == "" {
		c.meshConfigMap = webhook.MeshConfigMap(revision)
	}
	c.serviceName = orRevisioned(c.serviceName, "outrigger", revision)
	if len(c.webhookConfigs) == 0 {
		c.webhookConfigs = []string{orRevisioned("", "outrigger", revision)}
	}
	return nil
}

// orRevisioned is a name that was given, or else the usual one of the revision.
func orRevisioned(given, usual, revision string) string {
	switch {
	case given != "":
		return given
	case revision == "" || revision == "default":
		return usual
	default:
		return usual + "-" + revision
	}
}

// serveCluster adds to a server what it has of its cluster.
func (s *serveSettings) serveCluster(o *webhook.Options) (certs.Source, error) {
	if err := s.cluster.complete(s.Revision); err != nil {
		return nil, err
	}
	if err := checkKubeconfig(s.cluster.kubeconfig); err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.cluster.kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster: %w", err)
	}
	config.UserAgent = "outrigger/" + thisBuild().Version
	manager, client, err := cluster.NewManager(config, webhook.LongestCall, logr.FromSlogHandler(o.Log.Handler()))
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster: %w", err)
	}
	o.Group = manager
	if o.Configuration, err = s.clusterConfiguration(manager, client, o.Log); err != nil {
		return nil, err
	}
	if o.NativeSidecars == nil {
		nodes := webhook.NewNodes(client, o.Log)
		o.NativeSidecars = nodes
		o.Runners = append(o.Runners, nodes)
		o.Checks = append(o.Checks, nodes.Check())
	}
	proxyConfigs := webhook.NewProxyConfigs(client, o.Log)
	o.ProxyConfigs = proxyConfigs.Resources()
	o.Runners = append(o.Runners, proxyConfigs)
	o.Checks = append(o.Checks, proxyConfigs.Check())
	s.onPlatform(o, client)
	return s.certificates.inCluster(manager, client, &s.cluster, s.Revision, o)
}

// clusterConfiguration is that of the mesh's ConfigMaps, unless flags say another.
func (s *serveSettings) clusterConfiguration(m manager.Manager, c cluster.Client, log *slog.Logger) (webhook.Source, error) {
	if s.Config != "" || s.profile != "" {
		return s.configurationOfFlags(log)
	}
	return webhook.ConfigMaps{
		Client:    c,
		Events:    m.GetEventRecorder("outrigger.io/configuration"),
		Namespace: s.cluster.configNamespace,
		Injector:  s.cluster.injectorConfigMap,
		Mesh:      s.cluster.meshConfigMap,
		Log:       log,
	}, nil
}

// onPlatform adds what a server needs on OpenShift, if this is known to be one, and
// else what finds out.
func (s *serveSettings) onPlatform(o *webhook.Options, c cluster.Client) {
	if s.platform == "openshift" {
		namespaces := webhook.NewNamespaces(c, o.Log)
		o.Namespaces = namespaces
		o.Runners = append(o.Runners, namespaces)
		o.Checks = append(o.Checks, namespaces.Check())
		return
	}
	platform := webhook.NewPlatform(c, o.Log)
	o.Namespaces = platform
	o.Runners = append(o.Runners, platform)
	o.Checks = append(o.Checks, platform.Check())
	o.Configuration = onceKnown{o.Configuration, platform, &s.platform}
}

// onceKnown is a configuration that waits until it is known how to compile it.
type onceKnown struct {
	webhook.Source
	platform *webhook.Platform
	name     *string
}

// Feed implements webhook.Source.
func (k onceKnown) Feed(ctx context.Context, current *webhook.Current) error {
	is, known := k.platform.OpenShift(ctx)
	if !known {
		return nil
	}
	if is {
		*k.name = "openshift"
	}
	return k.Source.Feed(ctx, current)
}
