package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// liveMesh is a cluster with the installation whose configuration is to change.
type liveMesh struct {
	*check.Observation
	client       cluster.Client
	installation *check.Installation
	texts        *configuration.Texts
}

// observe finds the configuration that is in force in the cluster.
func (cmd *checkConfig) observe(ctx context.Context) (*liveMesh, error) {
	c, _, err := cmd.in.cluster()
	if err != nil {
		return nil, fmt.Errorf("%w; without a cluster, set the current configuration with --inject-config-file or --profile", err)
	}
	options := cmd.in.options
	options.Revision, options.Pods = cmd.Revision, true
	seen, err := check.Observe(ctx, c, options)
	if err != nil {
		return nil, err
	}
	if len(seen.Installations) != 1 {
		return nil, fmt.Errorf("there are %d installations: choose one by --revision", len(seen.Installations))
	}
	installation := seen.Installations[0]
	subject, sources, findings := installation.Sources()
	if len(findings) > 0 {
		return nil, fmt.Errorf("the current configuration is not known: %s: %s", findings[0].Subject, findings[0].What)
	}
	texts := configuration.From(subject, sources)
	texts.Revision = installation.Revision
	return &liveMesh{seen, c, installation, texts}, nil
}

// proxyConfigs are the cluster's ProxyConfig resources.
func (m *liveMesh) proxyConfigs() (*mesh.Resources, error) {
	if err := m.ProxyConfigs.Err; err != nil {
		return nil, fmt.Errorf("listing the ProxyConfigs: %w", err)
	}
	return m.ProxyConfigs.Value, nil
}

// compareWorkloads goes through the workloads of the cluster whose pods the webhook
// gets.
func (m *liveMesh) compareWorkloads(ctx context.Context, c *comparedPods) error {
	if m.installation.Webhook == nil {
		return errors.New("there is no webhook configuration, so no pod is injected; name manifests to try the configuration with")
	}
	if err := m.Namespaces.Err; err != nil {
		return fmt.Errorf("listing the namespaces: %w", err)
	}
	var deployments appsv1.DeploymentList
	var statefulSets appsv1.StatefulSetList
	var daemonSets appsv1.DaemonSetList
	var cronJobs batchv1.CronJobList
	for _, list := range []client.ObjectList{&deployments, &statefulSets, &daemonSets, &cronJobs} {
		if err := m.client.List(ctx, list); err != nil {
			return fmt.Errorf("listing the workloads: %w", err)
		}
	}
	var errs []error
	for _, o := range deployments.Items {
		errs = append(errs, m.compare(c, appsv1.SchemeGroupVersion.WithKind("Deployment"), &o, o.Spec.Template))
	}
	for _, o := range statefulSets.Items {
		errs = append(errs, m.compare(c, appsv1.SchemeGroupVersion.WithKind("StatefulSet"), &o, o.Spec.Template))
	}
	for _, o := range daemonSets.Items {
		errs = append(errs, m.compare(c, appsv1.SchemeGroupVersion.WithKind("DaemonSet"), &o, o.Spec.Template))
	}
	for _, o := range cronJobs.Items {
		errs = append(errs, m.compare(c, batchv1.SchemeGroupVersion.WithKind("CronJob"), &o, o.Spec.JobTemplate.Spec.Template))
	}
	return errors.Join(errs...)
}

// compare compares what becomes of the pods that a workload's controller makes.
func (m *liveMesh) compare(c *comparedPods, kind schema.GroupVersionKind, object client.Object, template corev1.PodTemplateSpec) error {
	subject := strings.Join([]string{kind.Kind, object.GetNamespace() + "/" + object.GetName()}, " ")
	for n := range m.Namespaces.Value {
		namespace := &m.Namespaces.Value[n]
		if namespace.Name != object.GetNamespace() {
			continue
		}
		text, err := json.Marshal(template)
		if err != nil {
			return fmt.Errorf("%s: %w", subject, err)
		}
		read, err := tree.Parse(text)
		if err != nil {
			return fmt.Errorf("%s: %w", subject, err)
		}
		created := pod.Created(read, pod.Workload{APIVersion: kind.GroupVersion().String(), Kind: kind.Kind, Namespace: namespace.Name, Name: object.GetName()}).JSON()
		if sent, _, err := check.Route(m.installation.Webhook, namespace, created); err != nil || !sent {
			return err
		}
		return c.compare(subject, inject.Request{
			Pod: created, Namespace: namespace.Name, NativeSidecars: c.native(created), NamespaceAnnotations: namespace.Annotations,
		})
	}
	return nil
}
