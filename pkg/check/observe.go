package check

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Seen is what was read of a cluster, or why it could not be.
type Seen[T any] struct {
	Value T
	Err   error
}

// missing says that it was looked for and is not there.
func (s Seen[T]) missing() bool { return apierrors.IsNotFound(s.Err) }

// unread says that nothing is known of it.
func (s Seen[T]) unread() bool { return s.Err != nil && !s.missing() }

// Observation is what a cluster has, as far as injection is concerned.
type Observation struct {
	// At is when it was looked at, and Command is what looked.
	At      time.Time
	Command Build
	// Webhooks are all MutatingWebhookConfigurations, in the order of their names,
	// in which API servers call them.
	Webhooks []admissionv1.MutatingWebhookConfiguration
	// WebhooksErr is why those may not be read. What needs no more than the rights of
	// a namespace is looked at all the same.
	WebhooksErr error
	// Namespaces are all of them, or those that were asked for.
	Namespaces Seen[[]corev1.Namespace]
	// Deployments of Outrigger were looked for to find installations.
	Deployments   Seen[[]appsv1.Deployment]
	Installations []*Installation
	// OpenShift is whether the cluster is one.
	OpenShift bool
	// ProxyConfigs are looked at for pods only. Nil: there are none.
	ProxyConfigs Seen[*mesh.Resources]
	// Nodes, whose kubelets say whether pods get native sidecars, are looked at for pods
	// only.
	Nodes Seen[[]corev1.Node]
}

// Installation is what there is of Outrigger for one revision.
type Installation struct {
	identity
	// Webhook is the MutatingWebhookConfiguration, nil where there is none.
	Webhook *admissionv1.MutatingWebhookConfiguration
	// webhookUnread is whether that could not be told.
	webhookUnread bool
	Service       Seen[*corev1.Service]
	Deployment    Seen[*appsv1.Deployment]
	// Slices and Pods are those of the Service.
	Slices Seen[[]discoveryv1.EndpointSlice]
	Pods   Seen[[]corev1.Pod]
	// Injector and Mesh are ConfigMaps, where the configuration comes from such.
	Injector, Mesh Seen[*corev1.ConfigMap]
	// Certificates is how the authority stands, with cert mode self.
	Certificates Seen[certs.Report]
	// TLS is the Secret with the certificate, with the other modes.
	TLS Seen[*corev1.Secret]
	// Certificate is what cert-manager issues it by, and Issuer who signs it, in
	// cert-manager's mode.
	Certificate Seen[*certmanagerv1.Certificate]
	Issuer      Seen[certmanagerv1.GenericIssuer]
	// Served is what the addresses that were asked serve.
	Served []Served
}

// Served is what an address serves, or why it could not be asked from here.
type Served struct {
	Address string
	Chain   []*x509.Certificate
	Err     error
}

func (i *Installation) absent() bool {
	return i.Webhook == nil && i.Service.missing() && i.Deployment.missing()
}

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
	// Pods has all of it looked at that decides what pods become.
	Pods bool
	// Addresses (host:port) of replicas of the one installation, to ask for the
	// certificate they serve. Those behind the Service are not asked unbidden: seen
	// from outside the cluster they may be somebody else's.
	Addresses []string
	// Command is what looks.
	Command Build
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Observe looks at a cluster. It fails where the cluster does not answer, or lets
// nothing of an installation be read.
func Observe(ctx context.Context, c cluster.Client, o Options) (*Observation, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	seen := &Observation{At: o.Now(), Command: o.Command}
	if err := seen.find(ctx, c, o.Namespace); err != nil {
		return nil, err
	}
	seen.Namespaces = namespaces(ctx, c, o.PodNamespace)
	if o.Pods {
		seen.ProxyConfigs = proxyConfigs(ctx, c)
		var nodes corev1.NodeList
		seen.Nodes.Err = c.List(ctx, &nodes)
		seen.Nodes.Value = nodes.Items
	}
	// Where it cannot be told, a configuration compiles all the same.
	seen.OpenShift, _ = webhook.IsOpenShift(ctx, c)
	identities := identify(seen.Webhooks, seen.Deployments.Value, o)
	if len(o.Addresses) > 0 && len(identities) > 1 {
		return nil, fmt.Errorf("there are %d revisions: name the one that serves at %s", len(identities), strings.Join(o.Addresses, ", "))
	}
	for _, id := range identities {
		i := seen.installation(id)
		i.observe(ctx, c, o)
		seen.Installations = append(seen.Installations, i)
	}
	unread := func(i *Installation) bool { return i.Service.unread() && i.Deployment.unread() }
	if seen.WebhooksErr != nil && !slices.ContainsFunc(seen.Installations, func(i *Installation) bool { return !unread(i) }) {
		return nil, seen.WebhooksErr
	}
	return seen, nil
}

// find reads what installations are found by.
func (o *Observation) find(ctx context.Context, c client.Reader, namespace string) error {
	var webhooks admissionv1.MutatingWebhookConfigurationList
	if err := c.List(ctx, &webhooks); err != nil {
		err = fmt.Errorf("listing the MutatingWebhookConfigurations: %w", err)
		if !apierrors.IsForbidden(err) {
			return err
		}
		o.WebhooksErr = err
	}
	slices.SortFunc(webhooks.Items, func(a, b admissionv1.MutatingWebhookConfiguration) int {
		return cmp.Compare(a.Name, b.Name)
	})
	o.Webhooks = webhooks.Items
	var deployments appsv1.DeploymentList
	o.Deployments.Err = c.List(ctx, &deployments, client.InNamespace(namespace), client.MatchingLabels{nameLabel: usualName})
	o.Deployments.Value = deployments.Items
	return nil
}

// installation is one that was found, with what is known of it from that.
func (o *Observation) installation(id identity) *Installation {
	i := &Installation{identity: id, webhookUnread: o.WebhooksErr != nil, Deployment: Seen[*appsv1.Deployment]{Value: id.deployment}}
	for n := range o.Webhooks {
		if o.Webhooks[n].Name == i.Name {
			i.Webhook = &o.Webhooks[n]
		}
	}
	return i
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

// proxyConfigs are all that can be read, of which the root namespace's count too; none
// where the cluster does not have the kind.
func proxyConfigs(ctx context.Context, c client.Reader) Seen[*mesh.Resources] {
	var list cluster.ProxyConfigList
	if err := c.List(ctx, &list); err != nil && !apierrors.IsNotFound(err) {
		return Seen[*mesh.Resources]{Err: err}
	}
	resources := mesh.NewResources()
	for i := range list.Items {
		if r, err := list.Items[i].Resource(); err == nil { // as servers do
			resources.Put(r)
		}
	}
	return Seen[*mesh.Resources]{Value: resources}
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

// observeDeployment reads the Deployment, if it is not known, and its arguments.
func (i *Installation) observeDeployment(ctx context.Context, c client.Reader) {
	if i.Deployment.Value != nil {
		return
	}
	i.Deployment = get(ctx, c, i.Namespace, nameOf(i.Revision), &appsv1.Deployment{})
	if d := i.Deployment.Value; d != nil {
		i.arguments = argumentsOf(d.Spec.Template.Spec)
	}
}

// observe reads what belongs to an installation.
func (i *Installation) observe(ctx context.Context, c cluster.Client, o Options) {
	i.observeDeployment(ctx, c)
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
	i.observeConfigMaps(ctx, c)
	i.observeCertificates(ctx, c, o)
	i.Served = ask(ctx, o.Addresses, i.certificateName())
}

// observeConfigMaps reads the configuration, where ConfigMaps have it.
func (i *Installation) observeConfigMaps(ctx context.Context, c client.Reader) {
	if namespace, injector, mesh, ok := i.configMapNames(); ok {
		i.Injector = get(ctx, c, namespace, injector, &corev1.ConfigMap{})
		i.Mesh = get(ctx, c, namespace, mesh, &corev1.ConfigMap{})
	}
}
