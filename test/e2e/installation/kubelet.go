package installation

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// selector finds the pods that kwok leaves to a Kubelet.
const selector = "app.kubernetes.io/name=outrigger"

// Kubelet runs the pods of releases of the chart, or of the plain manifests: for
// each it starts bin/outrigger with the container's own arguments and the rights of
// the pod's ServiceAccount, tells the cluster whether it is ready, has calls of the
// pod's address reach it, and stops it when the pod is deleted. What is not the
// pod's own are the addresses that it listens at, and how it finds the API server.
type Kubelet struct {
	cluster *cluster.Cluster
	binary  string
	dir     string // with the tokens of the pods
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	pods     map[types.UID]context.CancelFunc // which tells of the pod's deletion
	problems []error
}

// StartKubelet begins to run pods, in all namespaces. Keys are written to dir.
func StartKubelet(ctx context.Context, c *cluster.Cluster, dir string) (*Kubelet, error) {
	binary, err := cluster.Outrigger()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &Kubelet{cluster: c, binary: binary, dir: dir, cancel: cancel, pods: map[types.UID]context.CancelFunc{}}
	factory := informers.NewSharedInformerFactoryWithOptions(c.Client, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = selector }))
	_, err = factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { k.see(ctx, o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { k.see(ctx, o.(*corev1.Pod)) },
	})
	if err != nil {
		cancel()
		return nil, err
	}
	k.running.Go(func() {
		factory.StartWithContext(ctx)
		<-ctx.Done()
		factory.Shutdown()
	})
	return k, nil
}

// Stop ends all programs. The error tells what went wrong with any pod since the
// start, such as that its program had ended by itself.
func (k *Kubelet) Stop() error {
	k.cancel()
	k.running.Wait()
	return errors.Join(k.problems...)
}

func (k *Kubelet) see(ctx context.Context, pod *corev1.Pod) {
	if pod.Spec.NodeName == "" {
		return // the scheduler has yet to see it
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	deleted, known := k.pods[pod.UID]
	switch {
	case known && pod.DeletionTimestamp != nil:
		deleted()
	case !known:
		life, deleted := context.WithCancel(ctx)
		if pod.DeletionTimestamp != nil {
			deleted()
		}
		number := len(k.pods) + 1
		k.pods[pod.UID] = deleted
		k.running.Go(func() {
			defer deleted()
			if err := k.run(life, pod, fmt.Sprintf("10.245.0.%d", number)); err != nil {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.problems = append(k.problems, fmt.Errorf("pod %s/%s: %w", pod.Namespace, pod.Name, err))
			}
		})
	}
}

// run runs a pod at an address until it is deleted, which ends ctx.
func (k *Kubelet) run(ctx context.Context, pod *corev1.Pod, ip string) error {
	replica, err := k.replica(ctx, pod)
	if err == nil {
		err = replica.Start(ctx)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	if err == nil {
		for _, port := range pod.Spec.Containers[0].Ports {
			address := map[string]string{"webhook": replica.Address, "metrics": replica.MetricsAddress}[port.Name]
			defer k.cluster.Route(fmt.Sprintf("%s:%d", ip, port.ContainerPort), func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", address)
			})()
		}
		err = errors.Join(k.report(ctx, pod, replica, ip), replica.Stop())
	}
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}
	gone := k.cluster.Client.CoreV1().Pods(pod.Namespace).Delete(context.WithoutCancel(ctx), pod.Name, now)
	if apierrors.IsNotFound(gone) {
		gone = nil
	}
	return errors.Join(err, gone)
}

// replica is the program of a pod. It may ask the API server what the pod's
// ServiceAccount may, and no more.
func (k *Kubelet) replica(ctx context.Context, pod *corev1.Pod) (*Replica, error) {
	token, err := k.cluster.Client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, pod.Spec.ServiceAccountName, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{
			APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(k.dir, pod.Name+".kubeconfig")
	if err := k.cluster.WriteKubeconfig(kubeconfig, pod.Spec.ServiceAccountName, token.Status.Token); err != nil {
		return nil, err
	}
	container := pod.Spec.Containers[0]
	args, err := k.withFiles(ctx, pod, container.Args)
	if err != nil {
		return nil, err
	}
	r := &Replica{}
	for _, address := range []*string{&r.Address, &r.MetricsAddress} {
		if *address, err = cluster.FreeAddress(); err != nil {
			return nil, err
		}
	}
	program := cluster.Program{
		Name: pod.Name,
		Path: k.binary,
		Args: append(args, "--kubeconfig="+kubeconfig, "--bind-address="+r.Address, "--metrics-bind-address="+r.MetricsAddress),
	}
	for _, variable := range container.Env {
		if from := variable.ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace" {
			variable.Value = pod.Namespace
		}
		program.Env = append(program.Env, variable.Name+"="+variable.Value)
	}
	r.Process = k.cluster.Program(program)
	return r, nil
}

// report tells the cluster that the program runs, and whenever it becomes ready or
// ceases to be, until the pod is deleted.
func (k *Kubelet) report(ctx context.Context, pod *corev1.Pod, replica *Replica, ip string) error {
	var last corev1.ConditionStatus
	for {
		ready := corev1.ConditionFalse
		if _, err := replica.Get(ctx, "/readyz"); err == nil {
			ready = corev1.ConditionTrue
		}
		if ready != last && ctx.Err() == nil {
			err := k.patchStatus(ctx, pod, ip, ready)
			if err != nil && ctx.Err() == nil {
				return err
			}
			last = ready
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(poll):
		}
	}
}

func (k *Kubelet) patchStatus(ctx context.Context, pod *corev1.Pod, ip string, ready corev1.ConditionStatus) error {
	container := pod.Spec.Containers[0]
	now := time.Now().UTC().Format(time.RFC3339)
	patch := fmt.Appendf(nil, `{"status": {"phase": "Running", "hostIP": "10.0.0.1", "podIP": %[1]q, "podIPs": [{"ip": %[1]q}], "conditions": [
		{"type": "Initialized", "status": "True", "lastTransitionTime": %[2]q},
		{"type": "ContainersReady", "status": %[3]q, "lastTransitionTime": %[2]q},
		{"type": "Ready", "status": %[3]q, "lastTransitionTime": %[2]q}],
		"containerStatuses": [{"name": %[4]q, "image": %[5]q, "imageID": "", "restartCount": 0, "started": true, "ready": %[6]t,
			"state": {"running": {"startedAt": %[2]q}}}]}}`,
		ip, now, ready, container.Name, container.Image, ready == corev1.ConditionTrue)
	_, err := k.cluster.Client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// withFiles writes the Secrets that a pod mounts, as they are now, and has the
// arguments name the files here.
func (k *Kubelet) withFiles(ctx context.Context, pod *corev1.Pod, args []string) ([]string, error) {
	args = slices.Clone(args)
	for _, mount := range pod.Spec.Containers[0].VolumeMounts {
		at := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		if pod.Spec.Volumes[at].Secret == nil {
			continue // the token, which the kubeconfig has
		}
		secret, err := k.cluster.Client.CoreV1().Secrets(pod.Namespace).Get(ctx, pod.Spec.Volumes[at].Secret.SecretName, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(k.dir, pod.Name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		for key, value := range secret.Data {
			if err := os.WriteFile(filepath.Join(dir, key), value, 0o600); err != nil {
				return nil, err
			}
		}
		for n := range args {
			args[n] = strings.ReplaceAll(args[n], mount.MountPath, dir)
		}
	}
	return args, nil
}
