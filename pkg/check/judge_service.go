package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

func (i *Installation) serviceSubject() string { return "Service " + i.Namespace + "/" + i.ServiceName }

// judgeService says whether somebody is there to answer.
func (i *Installation) judgeService() []Finding {
	if i.url() != "" {
		return nil // no Service is called
	}
	finding := func(severity Severity, reason Reason, what, next string) []Finding {
		return []Finding{{severity, reason, i.serviceSubject(), what, next}}
	}
	switch {
	case i.Service.missing():
		return finding(Error, ServiceMissing, "it does not exist, so every call fails", "restore it: "+i.upgrade("")+", or apply the manifests again")
	case i.Service.unread():
		return []Finding{notLookedAt(i.serviceSubject(), i.Service.Err)}
	}
	service := i.Service.Value
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		return finding(Info, EndpointsReady, "it stands for "+service.Spec.ExternalName+", outside the cluster's own network", "")
	}
	port := portOf(service, i.Port)
	if port == nil {
		return finding(Error, ServicePort, fmt.Sprintf("it has no port %d, which the webhook configuration calls", i.Port),
			"restore it: "+i.upgrade("")+", or apply the manifests again")
	}
	if i.Slices.Err != nil {
		return []Finding{notLookedAt("EndpointSlices of "+i.serviceSubject(), i.Slices.Err)}
	}
	ready, all := i.endpoints(port.Name)
	switch why, next := i.whyNotReady(); {
	case ready == 0:
		return finding(Error, NoEndpoints, "it has no ready endpoints, so every call fails: "+why, next)
	case ready < all:
		return finding(Warning, EndpointsUnready, fmt.Sprintf("%d of %d replicas are ready: %s", ready, all, why), next)
	default:
		return finding(OK, EndpointsReady, count(ready, "replica is", "replicas are")+" ready", "")
	}
}

func portOf(service *corev1.Service, number int32) *corev1.ServicePort {
	for n := range service.Spec.Ports {
		if service.Spec.Ports[n].Port == number {
			return &service.Spec.Ports[n]
		}
	}
	return nil
}

// endpoints counts the replicas behind a port of the Service. One has an endpoint
// in the slices of each address family.
func (i *Installation) endpoints(port string) (ready, all int) {
	readiness := map[string]bool{}
	for _, slice := range i.Slices.Value {
		if !slices.ContainsFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool {
			return p.Port != nil && (p.Name == nil && port == "" || p.Name != nil && *p.Name == port)
		}) {
			continue
		}
		for _, e := range slice.Endpoints {
			// Of one that is ready the API need not say so.
			isReady := e.Conditions.Ready == nil || *e.Conditions.Ready
			if e.Conditions.Terminating != nil && *e.Conditions.Terminating && !isReady {
				continue // it goes, and its successor counts
			}
			replica := strings.Join(e.Addresses, ",")
			if e.TargetRef != nil {
				replica = e.TargetRef.Kind + "/" + e.TargetRef.Name
			}
			readiness[replica] = readiness[replica] || isReady
		}
	}
	for _, isReady := range readiness {
		if isReady {
			ready++
		}
	}
	return ready, len(readiness)
}

// whyNotReady looks for why fewer replicas are ready than could be: at the
// Service, the pods that it selects and the Deployment that should make them.
func (i *Installation) whyNotReady() (why, next string) {
	selector := labelsText(i.Service.Value.Spec.Selector)
	if selector == "" {
		return "it selects no pods, and nobody else gave it addresses", "give it the selector of the chart: " + i.upgrade("")
	}
	inNamespace := "kubectl -n " + i.Namespace + " "
	if i.Pods.Err != nil {
		return "its pods were not looked at: " + i.Pods.Err.Error(), inNamespace + "get pods -l " + selector
	}
	alive := i.alive()
	for _, pod := range alive {
		if why := unready(&pod); why != "" {
			return "pod " + pod.Name + " " + why, inNamespace + "describe pod " + pod.Name + "; " + inNamespace + "logs " + pod.Name
		}
	}
	if len(alive) > 0 {
		return "its pods are ready, and its addresses do not say so yet", inNamespace + "get endpointslices -l kubernetes.io/service-name=" + i.ServiceName
	}
	why = "it selects " + selector + ", and no pod has these labels"
	d := i.Deployment.Value
	switch {
	case i.Deployment.missing():
		return why, "bring the Deployment back: " + i.upgrade("") + ", or correct the selector"
	case d == nil:
		return why, inNamespace + "get deployments,pods --show-labels"
	case d.Spec.Replicas != nil && *d.Spec.Replicas == 0:
		return "Deployment " + d.Name + " is scaled to 0", inNamespace + "scale deployment " + d.Name + " --replicas=2"
	}
	for _, c := range d.Status.Conditions {
		if c.Type == "ReplicaFailure" && c.Status == corev1.ConditionTrue {
			return "Deployment " + d.Name + ": " + c.Message, inNamespace + "describe replicaset -l " + selector
		}
	}
	return why, "compare the selector with the labels of Deployment " + d.Name + ": " + inNamespace + "get pods --show-labels"
}

// alive are the pods that serve or are to. Those that go or have ended, such as evicted
// ones, do not tell why another is not ready.
func (i *Installation) alive() []corev1.Pod {
	return slices.DeleteFunc(slices.Clone(i.Pods.Value), func(pod corev1.Pod) bool {
		return pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
	})
}

// unready is why a pod is not ready, empty for one that is.
func unready(pod *corev1.Pod) string {
	for _, c := range pod.Status.ContainerStatuses {
		switch {
		case c.State.Waiting != nil:
			return "waits: " + strings.TrimSuffix(c.State.Waiting.Reason+", "+c.State.Waiting.Message, ", ")
		case c.State.Terminated != nil:
			return "has ended: " + c.State.Terminated.Reason
		}
	}
	for _, kind := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodReady} {
		for _, c := range pod.Status.Conditions {
			if c.Type == kind && c.Status != corev1.ConditionTrue {
				return "is not ready: " + cmp.Or(c.Message, c.Reason, string(pod.Status.Phase))
			}
		}
	}
	if pod.Status.Phase != corev1.PodRunning {
		return "is " + string(pod.Status.Phase)
	}
	return ""
}
