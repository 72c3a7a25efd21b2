package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// creations are the pods that were created in one namespace.
type creations struct {
	mu        sync.Mutex
	latencies []time.Duration
	refused   int // and asked for again, as controllers do
	last      error
	rates     []float64 // pods a second, of each stretch
}

func (c *creations) String() string {
	slices.Sort(c.latencies)
	slices.Sort(c.rates)
	at := func(share float64) time.Duration {
		return c.latencies[int(share*float64(len(c.latencies)-1))].Round(100 * time.Microsecond)
	}
	text := fmt.Sprintf("%d pods, %.0f a second (median of %d stretches, %.0f to %.0f); a creation p50 %s, p99 %s, most %s",
		len(c.latencies), c.rates[len(c.rates)/2], len(c.rates), c.rates[0], c.rates[len(c.rates)-1], at(.5), at(.99), at(1))
	if c.refused > 0 {
		text += fmt.Sprintf("; %d were refused first, the last since: %v", c.refused, c.last)
	}
	return text
}

// add says whether a creation is done.
func (c *creations) add(took time.Duration, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && !apierrors.IsAlreadyExists(err) {
		c.refused++
		c.last = err
		return false
	}
	c.latencies = append(c.latencies, took)
	return true
}

// create creates a stretch of the pods of a namespace, each when it is due or as soon
// after as a caller is free.
func (s *settings) create(ctx context.Context, client kubernetes.Interface, namespace string, stretch int, taken *creations) error {
	each := s.workloads / s.stretches
	apart := s.within / time.Duration(s.workloads)
	began := time.Now()
	var next atomic.Int64
	callers, ctx := errgroup.WithContext(ctx)
	for range s.callers {
		callers.Go(func() error {
			for {
				n := int(next.Add(1)) - 1
				if n >= each {
					return nil
				}
				time.Sleep(time.Until(began.Add(time.Duration(n) * apart)))
				for created := false; !created; {
					from := time.Now()
					_, err := client.CoreV1().Pods(namespace).Create(ctx, podOf(stretch*each+n), metav1.CreateOptions{})
					if ctx.Err() != nil {
						return ctx.Err()
					}
					created = taken.add(time.Since(from), err)
				}
			}
		})
	}
	err := callers.Wait()
	taken.rates = append(taken.rates, float64(each)/time.Since(began).Seconds())
	return err
}

// podOf is the pod of a workload that is like no other. Nobody schedules it: it is its
// creation that counts.
func podOf(n int) *corev1.Pod {
	name := fmt.Sprintf("workload-%05d", n)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:   name,
			Labels: map[string]string{"app": name, "version": "v1"},
		},
		Spec: corev1.PodSpec{
			SchedulerName: "nobody",
			Containers: []corev1.Container{{
				Name:         "app",
				Image:        "registry.example.com/" + name + ":1.0",
				Ports:        []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
				Env:          []corev1.EnvVar{{Name: "WORKLOAD", Value: name}},
				VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "/data"}},
			}},
			Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
		},
	}
}
