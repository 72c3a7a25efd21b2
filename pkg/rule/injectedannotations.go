package rule

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// InjectedAnnotations writes the annotations that the configuration has for every
// pod that is injected, under its key of that name.
type InjectedAnnotations struct{ Annotations []tree.Member }

// Name implements Rule.
func (InjectedAnnotations) Name() string { return "injected-annotations" }

// Apply implements Rule.
func (i InjectedAnnotations) Apply(p *tree.Value, _ *Facts) (*tree.Value, error) {
	for _, m := range i.Annotations {
		p = pod.WithAnnotation(p, m.Key, m.Value.Text())
	}
	return p, nil
}

// Revert does nothing: nothing in a pod tells such an annotation from its own.
func (InjectedAnnotations) Revert(*Removal) {}
