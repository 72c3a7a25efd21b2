package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager"
	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// observeCertificates reads what tells which certificate is served.
func (i *Installation) observeCertificates(ctx context.Context, c cluster.Client, o Options) {
	if i.certMode() == "self" {
		i.Certificates = seenOf(certs.Status(ctx, c, certs.StatusOptions{Self: i.authority(o)}))
		return
	}
	if name := i.tlsSecret(); name != "" {
		i.TLS = get(ctx, c, i.Namespace, name, &corev1.Secret{})
		if i.certMode() == "cert-manager" {
			i.observeIssuing(ctx, c, name)
		}
	}
}

// authority is what the replicas go by that are an authority of their own.
func (i *Installation) authority(o Options) certs.SelfOptions {
	return certs.SelfOptions{
		Service: i.ServiceName, Namespace: i.Namespace, ClusterDomain: i.arguments["cluster-domain"],
		WebhookConfigurations: i.keptConfigurations(),
		Secret:                cmp.Or(i.arguments["cert-secret"], "outrigger-ca"+strings.TrimPrefix(nameOf(i.Revision), usualName)),
		Timing: certs.Timing{
			CA: i.arguments.duration("ca-lifetime"), Leaf: i.arguments.duration("leaf-lifetime"),
			Propagation: i.arguments.duration("ca-propagation"), ClockSkew: i.arguments.duration("clock-skew"),
		},
		Now: o.Now,
	}
}

// Authority finds the one installation that the options tell of, as Observe does, and
// says what its replicas go by that are an authority of their own.
func Authority(ctx context.Context, c client.Reader, o Options) (certs.SelfOptions, error) {
	seen := &Observation{}
	if err := seen.find(ctx, c, o.Namespace); err != nil {
		return certs.SelfOptions{}, err
	}
	if seen.WebhooksErr != nil && o.Namespace == "" {
		return certs.SelfOptions{}, seen.WebhooksErr // without the right to look for it, it is where it is said to be
	}
	found := identify(seen.Webhooks, seen.Deployments.Value, o)
	if len(found) > 1 {
		var revisions []string
		for _, id := range found {
			revisions = append(revisions, revisionName(id.Revision))
		}
		return certs.SelfOptions{}, fmt.Errorf("there are several revisions: name one of %s by --revision", strings.Join(revisions, ", "))
	}
	i := seen.installation(found[0])
	i.observeDeployment(ctx, c)
	if mode := i.certMode(); mode != "self" && mode != "" {
		return certs.SelfOptions{}, fmt.Errorf("%s has no authority of its own, but certMode %s: outrigger check tells how its certificate stands", i.Name, mode)
	}
	authority := i.authority(o)
	if i.Webhook == nil {
		authority.WebhookConfigurations = []string{i.Name}
	}
	return authority, nil
}

// observeIssuing reads how cert-manager comes to write a Secret.
func (i *Installation) observeIssuing(ctx context.Context, c client.Reader, secret string) {
	var list certmanagerv1.CertificateList
	if i.Certificate.Err = c.List(ctx, &list, client.InNamespace(i.Namespace)); i.Certificate.Err != nil {
		return
	}
	n := slices.IndexFunc(list.Items, func(c certmanagerv1.Certificate) bool { return c.Spec.SecretName == secret })
	if n < 0 {
		i.Certificate.Err = apierrors.NewNotFound(certmanagerv1.Resource("certificates"), "for Secret "+secret)
		return
	}
	i.Certificate.Value = &list.Items[n]
	ref := list.Items[n].Spec.IssuerRef
	if ref.Group != "" && ref.Group != certmanager.GroupName {
		return // whose kinds are not known here
	}
	if ref.Kind == certmanagerv1.ClusterIssuerKind {
		i.Issuer = seenIssuer(get(ctx, c, "", ref.Name, &certmanagerv1.ClusterIssuer{}))
		return
	}
	i.Issuer = seenIssuer(get(ctx, c, i.Namespace, ref.Name, &certmanagerv1.Issuer{}))
}

func seenIssuer[T certmanagerv1.GenericIssuer](s Seen[T]) Seen[certmanagerv1.GenericIssuer] {
	if s.Err != nil {
		return Seen[certmanagerv1.GenericIssuer]{Err: s.Err}
	}
	return Seen[certmanagerv1.GenericIssuer]{Value: s.Value}
}

// keptConfigurations names the webhook configuration if replicas keep its CA
// bundles, which they do in the entries that call the Service.
func (i *Installation) keptConfigurations() []string {
	if i.Webhook != nil && slices.ContainsFunc(i.Webhook.Webhooks, func(w admissionv1.MutatingWebhook) bool { return w.ClientConfig.Service != nil }) {
		return []string{i.Name}
	}
	return nil
}

// askFor is how long an address is given to say what it serves.
const askFor = 5 * time.Second

// ask asks addresses, all at once, for the certificates they serve for a name.
func ask(ctx context.Context, addresses []string, name string) []Served {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	served := make([]Served, len(addresses))
	var asking sync.WaitGroup
	for n, address := range addresses {
		asking.Go(func() {
			chain, err := certs.Served(ctx, address, name)
			served[n] = Served{address, chain, err}
		})
	}
	asking.Wait()
	return served
}
