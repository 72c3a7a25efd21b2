package rule

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TemplateMetadata stands for what the mesh's own templates write into the pod's
// annotations that no other rule has: it is applied by rendering them.
type TemplateMetadata struct{}

// knownTemplates are those whose metadata is known here. What an operator's own
// templates set cannot be told from what a workload says.
var knownTemplates = []string{"sidecar", "gateway", "grpc-simple", "grpc-agent", "spire"}

// templates are the names that the pod asks for; empty for the default ones.
func (r *Removal) templates() []string {
	var names []string
	for name := range strings.SplitSeq(pod.Annotations(r.pod).Value(pod.TemplatesKey), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Name implements Rule.
func (TemplateMetadata) Name() string { return "template-metadata" }

// Apply implements Rule.
func (TemplateMetadata) Apply(p *tree.Value, _ *Facts) (*tree.Value, error) { return p, nil }

// Revert takes off the annotations with the values that the mesh's templates give,
// and names the templates of which nothing is known.
func (TemplateMetadata) Revert(r *Removal) {
	if r.ofOneTemplate() {
		return
	}
	first := firstContainer(r.pod)
	for _, key := range []string{pod.DefaultLogsKey, pod.DefaultContainerKey} {
		if !pod.ListsName(r.status.Get(keptMember, "annotations"), key) {
			r.dropAnnotation(key, first)
		}
	}
	templates := r.templates()
	if slices.Contains(templates, "grpc-simple") || slices.Contains(templates, "grpc-agent") {
		r.dropAnnotation(pod.RewriteProbersKey, "false")
	}
	for _, name := range templates {
		if !slices.Contains(knownTemplates, name) {
			r.doubt("metadata", "labels and annotations that template %q may have set are still there", name)
		}
	}
}
