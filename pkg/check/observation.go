package check

import (
	"crypto/x509"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/outrigger-io/outrigger/pkg/certs"
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
	// At is when it was looked at.
	At time.Time
	// Webhooks are all MutatingWebhookConfigurations, in the order of their names,
	// in which API servers call them.
	Webhooks []admissionv1.MutatingWebhookConfiguration
	// Namespaces are all of them, or those that were asked for.
	Namespaces Seen[[]corev1.Namespace]
	// Deployments of Outrigger were looked for to find installations.
	Deployments   Seen[[]appsv1.Deployment]
	Installations []*Installation
	// OpenShift is whether the cluster is one.
	OpenShift bool
}

// Installation is what there is of Outrigger for one revision.
type Installation struct {
	identity
	// Webhook is the MutatingWebhookConfiguration, nil where there is none.
	Webhook    *admissionv1.MutatingWebhookConfiguration
	Service    Seen[*corev1.Service]
	Deployment Seen[*appsv1.Deployment]
	// Slices and Pods are those of the Service.
	Slices Seen[[]discoveryv1.EndpointSlice]
	Pods   Seen[[]corev1.Pod]
	// Injector and Mesh are ConfigMaps, where the configuration comes from such.
	Injector, Mesh Seen[*corev1.ConfigMap]
	// Certificates is how the authority stands, with cert mode self.
	Certificates Seen[certs.Report]
	// TLS is the Secret with the certificate, with the other modes.
	TLS Seen[*corev1.Secret]
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

// unread tells of the kinds that could not be listed.
func (o *Observation) unread() []Finding {
	var findings []Finding
	if o.Namespaces.Err != nil {
		findings = append(findings, notLookedAt("namespaces", o.Namespaces.Err))
	}
	if o.Deployments.Err != nil {
		findings = append(findings, notLookedAt("Deployments of Outrigger", o.Deployments.Err))
	}
	return findings
}

func notLookedAt(subject string, err error) Finding {
	f := Finding{Warning, NotLookedAt, subject, "not looked at: " + err.Error(), ""}
	if apierrors.IsForbidden(err) {
		f.Next = "run it with the rights that docs/troubleshooting.md lists"
	}
	return f
}
