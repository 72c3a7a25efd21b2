// Package installation installs Outrigger in a cluster of package cluster: its
// objects by the API, and its replicas as processes beside the control plane.
//
//	o, err := installation.Install(ctx, c, installation.Options{Replicas: 2})
//	defer o.Remove(ctx)
//	err = o.Replicas[0].Kill()       // the API server's next calls are the other's
//	err = o.Replicas[0].Start(ctx)   // at the same address, with the same flags
//
// Installations of different revisions live side by side. They have the
// administrator's rights.
//
// What the chart and the plain manifests install, with the rights that they give,
// is run by a [Kubelet].
package installation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/webhook"
	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// Namespace holds everything that is installed, the mesh's ConfigMaps included.
const Namespace = "outrigger-system"

const poll = 100 * time.Millisecond

// Options says what to install. The zero value is one replica of the default
// revision with today's profile.
type Options struct {
	// Replicas is how many processes serve behind the Service. 0 is 1.
	Replicas int
	// Revision that namespaces and pods choose by the label istio.io/rev. Empty
	// is the default revision, which the labels without a revision mean.
	Revision string
	// Profile names the configuration in the ConfigMaps: see package profiles.
	// Empty is the default profile.
	Profile string
	// Path of the webhook calls, with the parameters of this cluster, such as
	// "/inject/cluster/east". Empty is /inject.
	Path string
	// Flags of `outrigger serve` for every replica, which win over the usual ones.
	Flags []string
	// Adjust, if set, changes how a replica is run, such as by another program
	// that takes the same flags. Replicas are counted from 0.
	Adjust func(replica int, program *cluster.Program)
}

// Installation is Outrigger in a cluster.
type Installation struct {
	// Name is that of the Service and of the MutatingWebhookConfiguration.
	Name string
	// Replicas are the processes. Each can be stopped, killed and started again.
	Replicas []*Replica

	cluster *cluster.Cluster
	options Options
	service *service
}

// Install makes the objects, starts the replicas and waits until the API server
// has a pod injected by them. On an error nothing is left installed.
func Install(ctx context.Context, c *cluster.Cluster, options Options) (*Installation, error) {
	i := &Installation{Name: "outrigger" + suffix(options.Revision), cluster: c, options: options}
	if err := i.install(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("install %s: %w", i.Name, err), i.Remove(context.WithoutCancel(ctx)))
	}
	return i, nil
}

func (i *Installation) install(ctx context.Context) error {
	if err := i.makeReplicas(); err != nil {
		return err
	}
	var err error
	if i.service, err = serve(i.cluster, i.Replicas); err != nil {
		return err
	}
	if err := i.createObjects(ctx); err != nil {
		return err
	}
	replicas, together := errgroup.WithContext(ctx)
	for _, replica := range i.Replicas {
		replicas.Go(func() error { return replica.Start(together) })
	}
	if err := replicas.Wait(); err != nil {
		return err
	}
	return i.AwaitInjection(ctx)
}

func (i *Installation) createObjects(ctx context.Context) error {
	err := i.cluster.AddNamespace(ctx, Namespace, nil)
	if err != nil && !apierrors.IsAlreadyExists(err) { // another revision made it
		return err
	}
	profile := i.options.Profile
	if profile == "" {
		profile = profiles.Default
	}
	configuration, err := profiles.Manifest(profile, Namespace, i.options.Revision)
	if err != nil {
		return err
	}
	// Client-side, it would keep a second copy in an annotation, which an edit of
	// the object leaves as it was.
	if err := i.cluster.Apply(ctx, string(configuration), "--server-side"); err != nil {
		return err
	}
	if err := i.cluster.PointService(ctx, Namespace, i.Name); err != nil {
		return err
	}
	webhooks, err := i.WebhookConfiguration()
	if err != nil {
		return err
	}
	_, err = i.cluster.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(ctx, webhooks, metav1.CreateOptions{})
	return err
}

// WebhookConfiguration is the MutatingWebhookConfiguration as its manifest has
// it: without the CA bundle, which the replicas fill in.
func (i *Installation) WebhookConfiguration() (*admissionregistrationv1.MutatingWebhookConfiguration, error) {
	return webhook.WebhookConfiguration{
		Name:      i.Name,
		Revision:  i.options.Revision,
		Namespace: Namespace,
		Service:   &webhook.Service{Namespace: Namespace, Name: i.Name, Port: i.service.port, Path: i.options.Path},
	}.Build()
}

// InjectorConfigMap is the name of the ConfigMap with templates and values.
func (i *Installation) InjectorConfigMap() string {
	return webhook.InjectorConfigMap(i.options.Revision)
}

// MeshConfigMap is the name of the ConfigMap with the mesh configuration.
func (i *Installation) MeshConfigMap() string { return webhook.MeshConfigMap(i.options.Revision) }

// AwaitInjection waits until the API server, which learns of a new webhook
// configuration a moment after it has stored it, gets pods injected: by a pod of
// the namespace default that is not stored.
func (i *Installation) AwaitInjection(ctx context.Context) error {
	revision := i.options.Revision
	if revision == "" {
		revision = "default"
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "trial-", Labels: map[string]string{"istio.io/rev": revision}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.com/app:1"}}},
	}
	var last error
	err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		created, err := i.cluster.Client.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if last = err; err != nil {
			return false, nil
		}
		return created.Annotations["sidecar.istio.io/status"] != "", nil
	})
	if err != nil {
		return fmt.Errorf("wait for a pod to be injected: %w", errors.Join(err, last))
	}
	return nil
}

// Reconnect ends every connection that the Service forwards, calls on it included,
// so that the next call is made on a new one. It returns when the API server has
// let go of them, and how many there were.
func (i *Installation) Reconnect() int { return i.service.reconnect() }

// Remove ends the replicas and deletes all that Install made or the replicas
// wrote, but for the namespace, which other revisions use too. What is not there
// is no error, but a replica that ended by itself is.
func (i *Installation) Remove(ctx context.Context) error {
	client := i.cluster.Client
	// First, so that no pod waits for what ends now.
	problems := []error{client.AdmissionregistrationV1().MutatingWebhookConfigurations().Delete(ctx, i.Name, metav1.DeleteOptions{})}
	for _, replica := range i.Replicas {
		problems = append(problems, replica.Stop())
	}
	if i.service != nil {
		i.service.close()
	}
	revision := suffix(i.options.Revision)
	core := client.CoreV1()
	problems = append(problems,
		core.Services(Namespace).Delete(ctx, i.Name, metav1.DeleteOptions{}),
		core.ConfigMaps(Namespace).Delete(ctx, i.InjectorConfigMap(), metav1.DeleteOptions{}),
		core.ConfigMaps(Namespace).Delete(ctx, i.MeshConfigMap(), metav1.DeleteOptions{}),
		core.Secrets(Namespace).Delete(ctx, "outrigger-ca"+revision, metav1.DeleteOptions{}),
		client.CoordinationV1().Leases(Namespace).Delete(ctx, "outrigger-certs"+revision, metav1.DeleteOptions{}),
	)
	for n, problem := range problems {
		if apierrors.IsNotFound(problem) {
			problems[n] = nil
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("remove %s: %w", i.Name, err)
	}
	return nil
}

func suffix(revision string) string {
	if revision == "" {
		return ""
	}
	return "-" + revision
}
