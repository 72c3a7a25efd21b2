package webhook

import (
	"context"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The annotations by which OpenShift tells the user and group ids of a
// namespace's pods (spec: injection.md section 10).
const (
	openShiftUIDs   = "openshift.io/sa.scc.uid-range"
	openShiftGroups = "openshift.io/sa.scc.supplemental-groups"
)

// namespaceLookup bounds a question to the API server in the middle of a call
// from it.
const namespaceLookup = time.Second

// openShiftIDs is what is kept of a namespace.
type openShiftIDs struct{ uids, groups string }

// Namespaces knows the annotations of a cluster's namespaces that injection
// reads on OpenShift, and keeps nothing else of them.
type Namespaces struct {
	client client.WithWatch
	ids    *projection[*corev1.Namespace, openShiftIDs]
}

// NewNamespaces follows namespaces once it is started.
func NewNamespaces(c client.WithWatch, log *slog.Logger) *Namespaces {
	return &Namespaces{
		client: c,
		ids: &projection[*corev1.Namespace, openShiftIDs]{
			attempts: attempts{what: "namespaces", log: log},
			client:   c,
			list:     &corev1.NamespaceList{},
			keep:     openShiftIDsOf,
			shed: func(namespace *corev1.Namespace) {
				*namespace = corev1.Namespace{TypeMeta: namespace.TypeMeta, ObjectMeta: metav1.ObjectMeta{
					Name: namespace.Name, UID: namespace.UID, ResourceVersion: namespace.ResourceVersion,
					Annotations: namespace.Annotations,
				}}
			},
		},
	}
}

// Start follows the namespaces until the context ends.
func (n *Namespaces) Start(ctx context.Context) error {
	n.ids.follow(ctx)
	return nil
}

// Check holds once every namespace has been seen.
func (n *Namespaces) Check() Check {
	return Check{Name: "namespaces", Holds: n.ids.check}
}

// Annotations are those of the namespace that injection reads. The first pod of
// a namespace may come before the news of the namespace does: then the API
// server is asked.
func (n *Namespaces) Annotations(ctx context.Context, name string) (map[string]string, error) {
	ids, ok := n.ids.get(name)
	if !ok {
		ctx, cancel := context.WithTimeout(ctx, namespaceLookup)
		defer cancel()
		var namespace corev1.Namespace
		if err := n.client.Get(ctx, client.ObjectKey{Name: name}, &namespace); err != nil {
			return nil, err
		}
		ids = openShiftIDsOf(&namespace)
	}
	annotations := make(map[string]string, 2)
	if ids.uids != "" {
		annotations[openShiftUIDs] = ids.uids
	}
	if ids.groups != "" {
		annotations[openShiftGroups] = ids.groups
	}
	return annotations, nil
}

func openShiftIDsOf(namespace *corev1.Namespace) openShiftIDs {
	return openShiftIDs{
		uids:   namespace.Annotations[openShiftUIDs],
		groups: namespace.Annotations[openShiftGroups],
	}
}
