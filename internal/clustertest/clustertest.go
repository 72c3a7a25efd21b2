// Package clustertest makes a cluster in memory of client-go's fake clientset.
package clustertest

import (
	"context"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// Of is the cluster that a clientset keeps. It gives names to objects that are
// created with a generateName, which the clientset leaves to others.
func Of(clients *fake.Clientset) cluster.Interface {
	created := 0
	clients.PrependReactor("create", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		// Reactors run one at a time.
		if o, err := meta.Accessor(action.(clienttesting.CreateAction).GetObject()); err == nil && o.GetName() == "" && o.GetGenerateName() != "" {
			created++
			o.SetName(o.GetGenerateName() + strconv.Itoa(created))
		}
		return false, nil, nil
	})
	return inMemory{clients}
}

type inMemory struct{ clients *fake.Clientset }

// listsFirst says of a collection that it cannot stream a list, which a
// reflector would otherwise ask it to: what the fake streams is not a copy, and
// never ends as an API server's does.
type listsFirst[T cluster.Object, L runtime.Object] struct{ cluster.Collection[T, L] }

func (listsFirst[T, L]) IsWatchListSemanticsUnSupported() bool { return true }

func collection[T cluster.Object, L runtime.Object](c cluster.Collection[T, L]) cluster.Collection[T, L] {
	return listsFirst[T, L]{c}
}

func (m inMemory) ConfigMaps(namespace string) cluster.ConfigMaps {
	return collection(cluster.ConfigMaps(m.clients.CoreV1().ConfigMaps(namespace)))
}

func (m inMemory) Deployments(namespace string) cluster.Deployments {
	return collection(cluster.Deployments(m.clients.AppsV1().Deployments(namespace)))
}

func (m inMemory) EndpointSlices(namespace string) cluster.EndpointSlices {
	return collection(cluster.EndpointSlices(m.clients.DiscoveryV1().EndpointSlices(namespace)))
}

func (m inMemory) Events(namespace string) cluster.Events {
	return collection(cluster.Events(m.clients.EventsV1().Events(namespace)))
}

func (m inMemory) Leases(namespace string) cluster.Leases {
	return collection(cluster.Leases(m.clients.CoordinationV1().Leases(namespace)))
}

func (m inMemory) Namespaces() cluster.Namespaces {
	return collection(cluster.Namespaces(m.clients.CoreV1().Namespaces()))
}

func (m inMemory) Nodes() cluster.Nodes {
	return collection(cluster.Nodes(m.clients.CoreV1().Nodes()))
}

func (m inMemory) Pods(namespace string) cluster.Pods {
	return collection(cluster.Pods(m.clients.CoreV1().Pods(namespace)))
}

func (m inMemory) Secrets(namespace string) cluster.Secrets {
	return collection(cluster.Secrets(m.clients.CoreV1().Secrets(namespace)))
}

func (m inMemory) Services(namespace string) cluster.Services {
	return collection(cluster.Services(m.clients.CoreV1().Services(namespace)))
}

func (m inMemory) WebhookConfigurations() cluster.WebhookConfigurations {
	return collection(cluster.WebhookConfigurations(m.clients.AdmissionregistrationV1().MutatingWebhookConfigurations()))
}

func (m inMemory) Groups(context.Context) ([]string, error) {
	list, err := m.clients.Discovery().ServerGroups()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, group := range list.Groups {
		names = append(names, group.Name)
	}
	return names, nil
}
