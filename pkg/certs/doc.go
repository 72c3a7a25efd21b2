// Package certs keeps the webhook's serving certificate alive and trusted.
//
// Four sources stand behind one small interface, [Source]:
//
//   - [NewSelf]: Outrigger is its own authority. The CA lives in a Secret, every
//     replica signs its own short-lived leaf, and the caBundle of the webhook
//     configurations is kept right.
//   - [NewFiles]: a PEM pair that something else writes (an operator, or
//     cert-manager through a mounted Secret), reloaded when it changes.
//   - [NewStandalone]: a CA in memory, for a server outside any cluster.
//
// # Why no call fails while the CA changes
//
// Two rules carry the whole of it.
//
//  1. A replica serves leaves of a CA only once that CA has been visible in
//     every caBundle for the propagation time. The writer waits for this before
//     it promotes a CA, and every replica that already has a leaf checks it
//     again for itself before it changes over.
//  2. A CA leaves the caBundle only when it has expired. A leaf never outlives
//     its CA, so a replica that missed the change, however stale its view, never
//     serves a leaf that worked until somebody removed its CA.
//
// Rule 2 makes writes to the caBundle additive, and so safe from any replica in
// any order: a paused leader that wakes up with an old view can add a CA that is
// still good, but never take one away. That is why moving the rotation on needs
// the Lease, while repairing what is already decided does not: the leader repairs
// at once, and any other replica does when the fault is still there a second
// later, so a repair does not wait for a dead leader's Lease to run out.
//
// Waits are measured by the replica that waits, from its own observation, never
// as the difference of two machines' clocks. What must be compared with another
// clock, the ends of a certificate, is padded by [Timing.ClockSkew] on both ends.
//
// # Permissions of the self-signed mode
//
// In the namespace of the service, as a Role:
//
//	apiGroups: [""]                    resources: [secrets] verbs: [create]
//	apiGroups: [""]                    resources: [secrets] verbs: [get, list, watch, update] resourceNames: [<the Secret>]
//	apiGroups: [coordination.k8s.io]   resources: [leases]  verbs: [create]
//	apiGroups: [coordination.k8s.io]   resources: [leases]  verbs: [get, update]              resourceNames: [<the Lease>]
//	apiGroups: [events.k8s.io]         resources: [events]  verbs: [create, patch]
//
// and for the cluster, as a ClusterRole:
//
//	apiGroups: [admissionregistration.k8s.io] resources: [mutatingwebhookconfigurations]
//	verbs: [get, list, watch, patch] resourceNames: [<every webhook configuration>]
//
// A request to create carries no name that a rule could match, so create on
// Secrets and Leases cannot be narrowed by resourceNames. list and watch are
// asked for with a field selector on metadata.name, which is what lets the API
// server match them with resourceNames. Events are about the Secret, so that
// they stand in the service's namespace and need no permission elsewhere.
package certs
