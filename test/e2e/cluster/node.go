package cluster

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// poll is how often a condition of an object is looked at.
const poll = 50 * time.Millisecond

// Node is a machine that the cluster is to believe in.
type Node struct {
	Name string
	// KubeletVersion is what the node says it runs, such as "v1.28.3", and the
	// API server's version when empty.
	KubeletVersion string
	Labels         map[string]string
}

// AddNode adds a node with room for a thousand pods and waits until the
// scheduler may use it.
func (c *Cluster) AddNode(ctx context.Context, node Node) error {
	kubelet := node.KubeletVersion
	if kubelet == "" {
		version, err := c.Client.Discovery().ServerVersion()
		if err != nil {
			return fmt.Errorf("ask for the API server's version: %w", err)
		}
		kubelet = version.GitVersion
	}
	room := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("1000"),
		corev1.ResourceMemory:           resource.MustParse("1Ti"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("1000"),
	}
	labels := map[string]string{
		corev1.LabelHostname:   node.Name,
		corev1.LabelOSStable:   "linux",
		corev1.LabelArchStable: "amd64",
	}
	maps.Copy(labels, node.Labels)
	_, err := c.Client.CoreV1().Nodes().Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: labels},
		Status: corev1.NodeStatus{
			Capacity:    room,
			Allocatable: room,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: "10.0.0.1"},
				{Type: corev1.NodeHostName, Address: node.Name},
			},
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion:          kubelet,
				OperatingSystem:         "linux",
				Architecture:            "amd64",
				ContainerRuntimeVersion: "kwok://simulated",
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("add the node %s: %w", node.Name, err)
	}
	err = wait.PollUntilContextCancel(ctx, poll, true, func(ctx context.Context) (bool, error) {
		found, err := c.Client.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		return isReady(found) && len(found.Spec.Taints) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("wait for the node %s: %w", node.Name, err)
	}
	return nil
}

// RemoveNode removes a node. Its pods are removed by Kubernetes, some time later.
func (c *Cluster) RemoveNode(ctx context.Context, name string) error {
	if err := c.Client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("remove the node %s: %w", name, err)
	}
	return nil
}

func isReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
