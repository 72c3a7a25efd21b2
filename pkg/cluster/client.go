package cluster

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// The collections of each kind.
type (
	ConfigMaps            = Collection[*corev1.ConfigMap, *corev1.ConfigMapList]
	Deployments           = Collection[*appsv1.Deployment, *appsv1.DeploymentList]
	EndpointSlices        = Collection[*discoveryv1.EndpointSlice, *discoveryv1.EndpointSliceList]
	Events                = Collection[*eventsv1.Event, *eventsv1.EventList]
	Leases                = Collection[*coordinationv1.Lease, *coordinationv1.LeaseList]
	Namespaces            = Collection[*corev1.Namespace, *corev1.NamespaceList]
	Nodes                 = Collection[*corev1.Node, *corev1.NodeList]
	Pods                  = Collection[*corev1.Pod, *corev1.PodList]
	Secrets               = Collection[*corev1.Secret, *corev1.SecretList]
	Services              = Collection[*corev1.Service, *corev1.ServiceList]
	WebhookConfigurations = Collection[*admissionv1.MutatingWebhookConfiguration, *admissionv1.MutatingWebhookConfigurationList]
)

// Interface is a cluster, as those who work with one are given it. An empty
// namespace stands for all, where nothing but List and Watch makes sense.
type Interface interface {
	ConfigMaps(namespace string) ConfigMaps
	Deployments(namespace string) Deployments
	EndpointSlices(namespace string) EndpointSlices
	Events(namespace string) Events
	Leases(namespace string) Leases
	Namespaces() Namespaces
	Nodes() Nodes
	Pods(namespace string) Pods
	Secrets(namespace string) Secrets
	Services(namespace string) Services
	WebhookConfigurations() WebhookConfigurations
	// Groups names the API groups that the cluster has.
	Groups(ctx context.Context) ([]string, error)
}

// Client reaches a cluster over HTTP.
type Client struct {
	clients map[schema.GroupVersion]rest.Interface
	params  runtime.ParameterCodec
}

var _ Interface = (*Client)(nil)

// New makes a client with limits of its own on its rate: 50 requests a second in
// each API group, 100 at once. Nothing is sent yet.
func New(config *rest.Config) (*Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, admissionv1.AddToScheme, appsv1.AddToScheme, coordinationv1.AddToScheme, discoveryv1.AddToScheme, eventsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("making a client: %w", err)
		}
	}

	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = 50, 100, nil
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	c := &Client{clients: map[schema.GroupVersion]rest.Interface{}, params: runtime.NewParameterCodec(scheme)}
	for _, version := range []schema.GroupVersion{
		corev1.SchemeGroupVersion, admissionv1.SchemeGroupVersion, appsv1.SchemeGroupVersion, coordinationv1.SchemeGroupVersion,
		discoveryv1.SchemeGroupVersion, eventsv1.SchemeGroupVersion,
	} {
		config.GroupVersion, config.APIPath = &version, "/apis"
		if version.Group == "" {
			config.APIPath = "/api"
		}
		if c.clients[version], err = rest.RESTClientForConfigAndClient(config, http); err != nil {
			return nil, fmt.Errorf("making a client of %s: %w", version, err)
		}
	}
	return c, nil
}

// collection is that of a resource.
func collection[T interface {
	Object
	*O
}, L interface {
	runtime.Object
	*M
}, O, M any](c *Client, version schema.GroupVersion, resource, namespace string) Collection[T, L] {
	return restCollection[T, L, O, M]{c.clients[version], resource, namespace, c.params}
}

func (c *Client) ConfigMaps(namespace string) ConfigMaps {
	return collection[*corev1.ConfigMap, *corev1.ConfigMapList](c, corev1.SchemeGroupVersion, "configmaps", namespace)
}

func (c *Client) Deployments(namespace string) Deployments {
	return collection[*appsv1.Deployment, *appsv1.DeploymentList](c, appsv1.SchemeGroupVersion, "deployments", namespace)
}

func (c *Client) EndpointSlices(namespace string) EndpointSlices {
	return collection[*discoveryv1.EndpointSlice, *discoveryv1.EndpointSliceList](c, discoveryv1.SchemeGroupVersion, "endpointslices", namespace)
}

func (c *Client) Events(namespace string) Events {
	return collection[*eventsv1.Event, *eventsv1.EventList](c, eventsv1.SchemeGroupVersion, "events", namespace)
}

func (c *Client) Leases(namespace string) Leases {
	return collection[*coordinationv1.Lease, *coordinationv1.LeaseList](c, coordinationv1.SchemeGroupVersion, "leases", namespace)
}

func (c *Client) Namespaces() Namespaces {
	return collection[*corev1.Namespace, *corev1.NamespaceList](c, corev1.SchemeGroupVersion, "namespaces", "")
}

func (c *Client) Nodes() Nodes {
	return collection[*corev1.Node, *corev1.NodeList](c, corev1.SchemeGroupVersion, "nodes", "")
}

func (c *Client) Pods(namespace string) Pods {
	return collection[*corev1.Pod, *corev1.PodList](c, corev1.SchemeGroupVersion, "pods", namespace)
}

func (c *Client) Secrets(namespace string) Secrets {
	return collection[*corev1.Secret, *corev1.SecretList](c, corev1.SchemeGroupVersion, "secrets", namespace)
}

func (c *Client) Services(namespace string) Services {
	return collection[*corev1.Service, *corev1.ServiceList](c, corev1.SchemeGroupVersion, "services", namespace)
}

func (c *Client) WebhookConfigurations() WebhookConfigurations {
	return collection[*admissionv1.MutatingWebhookConfiguration, *admissionv1.MutatingWebhookConfigurationList](
		c, admissionv1.SchemeGroupVersion, "mutatingwebhookconfigurations", "")
}

func (c *Client) Groups(ctx context.Context) ([]string, error) {
	var list metav1.APIGroupList
	if err := c.clients[corev1.SchemeGroupVersion].Get().AbsPath("/apis").
		SetHeader("Accept", runtime.ContentTypeJSON).Do(ctx).Into(&list); err != nil {
		return nil, fmt.Errorf("listing the API groups: %w", err)
	}
	names := make([]string, 0, len(list.Groups))
	for _, group := range list.Groups {
		names = append(names, group.Name)
	}
	return names, nil
}
