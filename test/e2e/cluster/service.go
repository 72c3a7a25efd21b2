package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PointService makes a service by which the API server reaches 127.0.0.1, so
// that a webhook configuration can name a service, as it does in a real
// installation, while the webhook is a process on this machine. The port is the
// one in the configuration, clientConfig.service.port; the certificate has to
// be for NAME.NAMESPACE.svc, as always.
func (c *Cluster) PointService(ctx context.Context, namespace, name string) error {
	_, err := c.Client.CoreV1().Services(namespace).Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.ServiceSpec{
			// Cluster addresses lead nowhere here; for a service of this type
			// the API server dials the name itself.
			Type:         corev1.ServiceTypeExternalName,
			ExternalName: "127.0.0.1",
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("point the service %s/%s at this machine: %w", namespace, name, err)
	}
	return nil
}
