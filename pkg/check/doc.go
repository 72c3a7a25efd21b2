// Package check looks at an installation in a cluster and says what is wrong with
// it, and why a pod is injected or not.
//
// Looking and judging are apart. Observe reads what the cluster has into an
// Observation; what may not be read or is not there is noted where it was looked
// for. Judge and Explain are functions of an Observation, and reach for nothing.
//
// Reading takes these rights of whoever runs it:
//
//	mutatingwebhookconfigurations, namespaces        list
//	deployments.apps                                 list; get in Outrigger's namespace
//	services, secrets                                get in Outrigger's namespace
//	configmaps                                       get in the mesh's namespace
//	pods, endpointslices.discovery.k8s.io            list in Outrigger's namespace
//	pods, events.events.k8s.io                       get and list in the namespace of a pod to explain
package check
