package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Labels says that the pod is of the mesh: that it speaks mutual TLS, its canonical
// name and revision, and the revision that injected it. None replaces one that is
// there. Since 1.9 the mesh's templates write them.
type Labels struct {
	// TLSMode, Canonical and Revision are the labels that there are: from 1.4, 1.8 and
	// 1.6 on. CanonicalWebhook is for pods alone, not for manifests: from 1.5 on.
	TLSMode, Canonical, CanonicalWebhook, Revision bool
}

// Name implements Rule.
func (Labels) Name() string { return "labels" }

// Apply implements Rule.
func (l Labels) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	labels := pod.Labels(p)
	add := func(key, value string) {
		if _, ok := labels.Get(key); !ok {
			p = pod.WithLabel(p, key, value)
		}
	}
	if l.TLSMode {
		add(pod.TLSModeLabel, "istio")
	}
	if l.Canonical || l.CanonicalWebhook && !f.FromManifest {
		add(pod.CanonicalNameLabel, canonicalName(labels, f.Workload.Name))
		add(pod.CanonicalRevisionLabel, canonicalRevision(labels))
	}
	if l.Revision {
		add(pod.RevisionKey, f.Revision)
	}
	return p, nil
}

func canonicalName(labels pod.Metadata, workload string) string {
	return cmp.Or(labels.Value("app.kubernetes.io/name"), labels.Value("app"), workload)
}

func canonicalRevision(labels pod.Metadata) string {
	return cmp.Or(labels.Value("app.kubernetes.io/version"), labels.Value("version"), "latest")
}

// maxLabel is how many characters a label's value can have.
const maxLabel = 63

// Revert takes off the labels with the values that injection gives: those of this
// rule and of the mesh's templates, which cut a canonical name that is too long. Of the
// formats of one template those to 1.3 wrote none, and the others always the mode of TLS.
func (Labels) Revert(r *Removal) {
	labels := pod.Labels(r.pod)
	if _, ok := labels.Get(pod.TLSModeLabel); r.ofOneTemplate() && !ok {
		return
	}
	given := givenLabels(labels, r.workload.Name, r.revision())
	r.changeEach("labels", func(label tree.Member) *tree.Value {
		if isGiven(given, label) {
			return nil
		}
		return label.Value
	})
	if !r.ofOneTemplate() {
		r.dropAnnotation(pod.RevisionKey, r.revision())
	}
}

// givenLabel is a label, and the values that injection gives it.
type givenLabel struct {
	key    string
	values []string
}

// givenLabels are those of a pod with some labels.
func givenLabels(labels pod.Metadata, workload, revision string) []givenLabel {
	name := canonicalName(labels, workload)
	short := name[:min(len(name), maxLabel)]
	return []givenLabel{
		{pod.TLSModeLabel, []string{"istio"}},
		{pod.TunnelLabel, []string{"http"}},
		{pod.CanonicalNameLabel, []string{name, strings.TrimSuffix(short, "-"), strings.Trim(short, "-_.")}},
		{pod.CanonicalRevisionLabel, []string{canonicalRevision(labels)}},
		{pod.RevisionKey, []string{revision, ""}},
	}
}

// isGiven says that a label has a value that injection gives.
func isGiven(given []givenLabel, label tree.Member) bool {
	value, ok := label.Value.Str()
	return ok && slices.ContainsFunc(given, func(l givenLabel) bool { return l.key == label.Key && slices.Contains(l.values, value) })
}

// ofOneTemplate says that the format of the injection is one of one template (1.0 to 1.8).
func (r *Removal) ofOneTemplate() bool { return r.status.Get("revision") == nil }

// revision is the one that injected the pod.
func (r *Removal) revision() string {
	return cmp.Or(r.status.Get("revision").Text(), defaultRevision)
}
