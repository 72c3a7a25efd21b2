package check

import (
	"cmp"
	"context"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/version"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// Before is what an installation that is yet to come would find.
type Before struct {
	// Revision and Namespace are where it is to be.
	Revision, Namespace string
	Version             Seen[*version.Info]
	// Rights are those that whoever looks needs to install.
	Rights []Right
	// Place is the namespace, if it is there.
	Place Seen[*corev1.Namespace]
	// Policies are the namespace's NetworkPolicies.
	Policies Seen[[]networkingv1.NetworkPolicy]
	// Others is what the cluster has already.
	Others *Observation
	// Mesh is the installation as it would be that reads the mesh's ConfigMaps.
	Mesh *Installation
}

// Right is whether whoever looks may create a kind of object.
type Right struct {
	// Resource has its group, as kubectl writes it.
	Resource string
	Allowed  bool
	Err      error
}

// installed are the resources of the chart's objects. Namespaced is whether they are
// in the installation's namespace.
var installed = []struct {
	group, resource string
	namespaced      bool
}{
	{"", "serviceaccounts", true},
	{"", "services", true},
	{"", "secrets", true}, // in which Helm keeps its releases
	{"apps", "deployments", true},
	{"policy", "poddisruptionbudgets", true},
	{"rbac.authorization.k8s.io", "roles", true},
	{"rbac.authorization.k8s.io", "rolebindings", true},
	{"rbac.authorization.k8s.io", "clusterroles", false},
	{"rbac.authorization.k8s.io", "clusterrolebindings", false},
	{"admissionregistration.k8s.io", "mutatingwebhookconfigurations", false},
}

// usualMesh is the namespace of the mesh's control plane.
const usualMesh = "istio-system"

// ObserveBefore looks at a cluster without an installation of the revision. It fails
// where the cluster does not answer.
func ObserveBefore(ctx context.Context, c cluster.Client, o Options) (*Before, error) {
	b := &Before{Revision: revisionOf(o.Revision), Namespace: cmp.Or(o.Namespace, usualNamespace)}
	var err error
	if b.Others, err = Observe(ctx, c, Options{Now: o.Now}); err != nil {
		return nil, err
	}
	b.Others.Installations = slices.DeleteFunc(b.Others.Installations, (*Installation).absent)
	b.Version = seenOf(c.Version(ctx))
	b.Place = get(ctx, c, "", b.Namespace, &corev1.Namespace{})
	var policies networkingv1.NetworkPolicyList
	b.Policies.Err = c.List(ctx, &policies, client.InNamespace(b.Namespace))
	b.Policies.Value = policies.Items
	for _, what := range installed {
		namespace := ""
		if what.namespaced {
			namespace = b.Namespace
		}
		b.Rights = append(b.Rights, mayCreate(ctx, c, namespace, what.group, what.resource))
	}
	if b.Place.missing() {
		b.Rights = append(b.Rights, mayCreate(ctx, c, "", "", "namespaces"))
	}
	b.Mesh = &Installation{identity: identity{Revision: b.Revision, Namespace: b.Namespace, arguments: arguments{
		"config-namespace": cmp.Or(o.ConfigNamespace, usualMesh),
	}.with(o)}}
	b.Mesh.observeConfigMaps(ctx, c)
	return b, nil
}

// mayCreate asks the API server whether whoever asks may create something.
func mayCreate(ctx context.Context, c client.Client, namespace, group, resource string) Right {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "create", Namespace: namespace, Group: group, Resource: resource},
	}}
	r := Right{Resource: resource}
	if group != "" {
		r.Resource += "." + group
	}
	r.Err = c.Create(ctx, review)
	r.Allowed = review.Status.Allowed
	return r
}

// waiting are the namespaces that ask for injection by the revision already.
func (b *Before) waiting() (all []*corev1.Namespace) {
	for n := range b.Others.Namespaces.Value {
		namespace := &b.Others.Namespaces.Value[n]
		usual := b.Revision == "" && namespace.Labels[webhook.LabelInjection] == "enabled"
		if usual || namespace.Labels[webhook.LabelRevision] == revisionName(b.Revision) {
			all = append(all, namespace)
		}
	}
	return all
}

// otherInjectors are the configurations of others that inject, with the namespaces
// that they would share with this installation.
func (b *Before) otherInjectors() (names []string, shared map[string][]string) {
	shared = map[string][]string{}
	o := b.Others
	for n := range o.Webhooks {
		config := &o.Webhooks[n]
		if o.ours(config.Name) || !slices.ContainsFunc(config.Webhooks, func(w admissionv1.MutatingWebhook) bool { return isInjector(&w) }) {
			continue
		}
		names = append(names, config.Name)
		for _, namespace := range b.waiting() {
			if _, taken := taker(config, namespace, candidate{}); taken {
				shared[config.Name] = append(shared[config.Name], namespace.Name)
			}
		}
	}
	return names, shared
}
