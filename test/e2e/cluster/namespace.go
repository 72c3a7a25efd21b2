package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// AddNamespace adds a namespace and waits until pods can be created in it.
func (c *Cluster) AddNamespace(ctx context.Context, name string, labels map[string]string) error {
	_, err := c.Client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("add the namespace %s: %w", name, err)
	}
	return c.awaitServiceAccount(ctx, name)
}

// RemoveNamespace asks for the end of a namespace and all that is in it, which
// Kubernetes then works on for some seconds.
func (c *Cluster) RemoveNamespace(ctx context.Context, name string) error {
	if err := c.Client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("remove the namespace %s: %w", name, err)
	}
	return nil
}

// awaitServiceAccount waits for the service account that pods get when they name
// none: until then the API server refuses them.
func (c *Cluster) awaitServiceAccount(ctx context.Context, namespace string) error {
	err := wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		_, err := c.Client.CoreV1().ServiceAccounts(namespace).Get(ctx, "default", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("wait for the service account of the namespace %s: %w", namespace, err)
	}
	return nil
}
