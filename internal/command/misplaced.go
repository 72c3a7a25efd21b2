package command

import (
	"context"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// misplaced are warnings of what a workload says in the wrong place.
func misplaced(w manifest.Workload) []string {
	warnings, err := rule.Misplaced(w.Pod, strings.Join(w.Template.Metadata, "."), w.Labels, w.Annotations)
	if err != nil {
		return nil // who injects it says what is wrong with the pod
	}
	return warnings
}

// misplacedFor are those of the workload that a pod in a cluster is of, as far as it may
// be read.
func misplacedFor(ctx context.Context, c client.Reader, of *corev1.Pod, text []byte) []string {
	p, err := tree.Parse(text)
	if err != nil {
		return nil
	}
	workload := pod.OwnerOf(p, of.Namespace)
	var object metav1.PartialObjectMetadata
	object.APIVersion, object.Kind = workload.APIVersion, workload.Kind
	if workload.APIVersion != appsv1.SchemeGroupVersion.String() || c.Get(ctx, client.ObjectKey{Namespace: of.Namespace, Name: workload.Name}, &object) != nil {
		return nil
	}
	labels, annotations := slices.Sorted(maps.Keys(object.Labels)), slices.Sorted(maps.Keys(object.Annotations))
	warnings, err := rule.Misplaced(text, "spec.template.metadata", labels, annotations)
	if err != nil {
		return nil
	}
	return warnings
}
