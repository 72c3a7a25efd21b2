package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Options says where to look.
type Options struct {
	// Revision limits the look to one. Empty: every one there is.
	Revision string
	// Namespace of the installation. Empty: as its webhook configuration tells.
	Namespace string
	// ConfigNamespace, InjectorConfigMap and MeshConfigMap name the ConfigMaps of the
	// configuration. Empty: as the Deployment's arguments tell, or as usual.
	ConfigNamespace, InjectorConfigMap, MeshConfigMap string
	// PodNamespace is the only namespace to look at, if set.
	PodNamespace string
	// Addresses (host:port) of replicas of the one installation, to ask for the
	// certificate they serve. Those behind the Service are not asked unbidden: seen
	// from outside the cluster they may be somebody else's.
	Addresses []string
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Observe looks at a cluster. It fails where not even the webhook configurations
// can be read.
func Observe(ctx context.Context, c cluster.Client, o Options) (*Observation, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	var webhooks admissionv1.MutatingWebhookConfigurationList
	if err := c.List(ctx, &webhooks); err != nil {
		return nil, fmt.Errorf("listing the MutatingWebhookConfigurations: %w", err)
	}
	slices.SortFunc(webhooks.Items, func(a, b admissionv1.MutatingWebhookConfiguration) int {
		return cmp.Compare(a.Name, b.Name)
	})
	seen := &Observation{At: o.Now(), Webhooks: webhooks.Items}
	seen.Namespaces = namespaces(ctx, c, o.PodNamespace)
	var deployments appsv1.DeploymentList
	seen.Deployments.Err = c.List(ctx, &deployments, client.InNamespace(o.Namespace), client.MatchingLabels{nameLabel: usualName})
	seen.Deployments.Value = deployments.Items
	// Where it cannot be told, a configuration compiles all the same.
	seen.OpenShift, _ = webhook.IsOpenShift(ctx, c)
	identities := identify(seen.Webhooks, seen.Deployments.Value, o)
	if len(o.Addresses) > 0 && len(identities) > 1 {
		return nil, fmt.Errorf("there are %d revisions: name the one that serves at %s", len(identities), strings.Join(o.Addresses, ", "))
	}
	for _, id := range identities {
		i := &Installation{identity: id, Deployment: Seen[*appsv1.Deployment]{Value: id.deployment}}
		for n := range seen.Webhooks {
			if seen.Webhooks[n].Name == i.Name {
				i.Webhook = &seen.Webhooks[n]
			}
		}
		i.observe(ctx, c, o)
		seen.Installations = append(seen.Installations, i)
	}
	return seen, nil
}

// namespaces are all, or one that is asked for; what is not there is no error.
func namespaces(ctx context.Context, c cluster.Client, only string) Seen[[]corev1.Namespace] {
	if only != "" {
		one := get(ctx, c, "", only, &corev1.Namespace{})
		switch {
		case one.missing():
			return Seen[[]corev1.Namespace]{}
		case one.Err != nil:
			return Seen[[]corev1.Namespace]{Err: one.Err}
		}
		return Seen[[]corev1.Namespace]{Value: []corev1.Namespace{*one.Value}}
	}
	var list corev1.NamespaceList
	if err := c.List(ctx, &list); err != nil {
		return Seen[[]corev1.Namespace]{Err: err}
	}
	// No pod is created any more in those that are being deleted.
	living := slices.DeleteFunc(list.Items, func(n corev1.Namespace) bool { return n.DeletionTimestamp != nil })
	return Seen[[]corev1.Namespace]{Value: living}
}

// seenOf is what a call returned.
func seenOf[T any](value T, err error) Seen[T] {
	if err != nil {
		var none T
		return Seen[T]{none, err}
	}
	return Seen[T]{Value: value}
}

// get reads an object into one of its kind.
func get[T client.Object](ctx context.Context, c client.Reader, namespace, name string, into T) Seen[T] {
	return seenOf(into, c.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into))
}

// observe reads what belongs to an installation.
func (i *Installation) observe(ctx context.Context, c cluster.Client, o Options) {
	if i.Deployment.Value == nil {
		i.Deployment = get(ctx, c, i.Namespace, nameOf(i.Revision), &appsv1.Deployment{})
		if d := i.Deployment.Value; d != nil {
			i.arguments = argumentsOf(d.Spec.Template.Spec)
		}
	}
	i.arguments = i.arguments.with(o)
	i.Service = get(ctx, c, i.Namespace, i.ServiceName, &corev1.Service{})
	var slices discoveryv1.EndpointSliceList
	i.Slices.Err = c.List(ctx, &slices, client.InNamespace(i.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: i.ServiceName})
	i.Slices.Value = slices.Items
	if i.Service.Value != nil && len(i.Service.Value.Spec.Selector) > 0 {
		var pods corev1.PodList
		i.Pods.Err = c.List(ctx, &pods, client.InNamespace(i.Namespace), client.MatchingLabels(i.Service.Value.Spec.Selector))
		i.Pods.Value = pods.Items
	}
	if namespace, injector, mesh, ok := i.configMapNames(); ok {
		i.Injector = get(ctx, c, namespace, injector, &corev1.ConfigMap{})
		i.Mesh = get(ctx, c, namespace, mesh, &corev1.ConfigMap{})
	}
	i.observeCertificates(ctx, c, o)
	i.Served = ask(ctx, o.Addresses, i.certificateName())
}

// observeCertificates reads what tells which certificate is served.
func (i *Installation) observeCertificates(ctx context.Context, c cluster.Client, o Options) {
	if i.certMode() == "self" {
		i.Certificates = seenOf(certs.Status(ctx, c, certs.StatusOptions{Self: certs.SelfOptions{
			Service: i.ServiceName, Namespace: i.Namespace, ClusterDomain: i.arguments["cluster-domain"],
			WebhookConfigurations: i.keptConfigurations(),
			Secret:                cmp.Or(i.arguments["cert-secret"], "outrigger-ca"+strings.TrimPrefix(nameOf(i.Revision), usualName)),
			Timing: certs.Timing{
				CA: i.arguments.duration("ca-lifetime"), Leaf: i.arguments.duration("leaf-lifetime"),
				Propagation: i.arguments.duration("ca-propagation"), ClockSkew: i.arguments.duration("clock-skew"),
			},
			Now: o.Now,
		}}))
		return
	}
	if name := i.tlsSecret(); name != "" {
		i.TLS = get(ctx, c, i.Namespace, name, &corev1.Secret{})
	}
}

// keptConfigurations names the webhook configuration if replicas keep its CA
// bundles, which they do in the entries that call the Service.
func (i *Installation) keptConfigurations() []string {
	if i.Webhook != nil && slices.ContainsFunc(i.Webhook.Webhooks, func(w admissionv1.MutatingWebhook) bool { return w.ClientConfig.Service != nil }) {
		return []string{i.Name}
	}
	return nil
}
