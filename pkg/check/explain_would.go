package check

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// would is what injection would make of a living pod now: of the pod before, the pod.
type would struct {
	before, pod *tree.Value
	account     inject.Account
}

// wouldBe injects the pod that once came, as far as the living one shows it. It is nil
// where that is refused, or would not be injected.
func (s *subject) wouldBe(engine *inject.Injector, r inject.Request) *would {
	before, err := tree.Parse(s.before)
	if err != nil {
		return nil
	}
	before = s.withoutForeign(before)
	changed := s.changedMetadata(before)
	w := made(engine, r, without(before, changed))
	if w == nil || len(changed) == 0 {
		return w
	}
	// What somebody changed and injection does not write is the workload's own.
	changed = slices.DeleteFunc(changed, func(l *leaf) bool { _, written := w.account.Writers[l.path]; return !written })
	return made(engine, r, without(before, changed))
}

func made(engine *inject.Injector, r inject.Request, before *tree.Value) *would {
	r.Pod = before.JSON()
	result, account, err := engine.Explain(r)
	if err != nil || !result.Decision.Inject {
		return nil
	}
	after, err := tree.Apply(before, result.Patch)
	if err != nil {
		return nil
	}
	return &would{before, after, account}
}

// withoutForeign takes off the containers of injection's that seem to be the workload's
// own and are not: whoever created the pod has not said them. A webhook that changes the
// proxy has Outrigger, which is called again, take that for the workload's wish.
func (s *subject) withoutForeign(p *tree.Value) *tree.Value {
	injected := slices.Concat(s.injection.InitContainers, s.injection.Containers)
	for _, list := range pod.ContainerLists {
		items := pod.List(p, list)
		kept := slices.DeleteFunc(slices.Clone(items), func(c *tree.Value) bool {
			name := c.Get("name").Text()
			return slices.Contains(injected, name) && s.owners.created(s.Created) && !s.owners.createdContainer(s.Created, list, name)
		})
		if len(kept) < len(items) {
			p = pod.WithList(p, list, kept)
		}
	}
	return p
}

// changedMetadata are the labels and annotations that somebody set after the pod was
// created.
func (s *subject) changedMetadata(p *tree.Value) []*leaf {
	var changed []*leaf
	for _, l := range leavesOf(p).ordered {
		if len(l.steps) == 3 && l.steps[0] == "metadata" && s.owners.since(l, s.Created) != nil {
			changed = append(changed, l)
		}
	}
	return changed
}

func without(p *tree.Value, metadata []*leaf) *tree.Value {
	for _, l := range metadata {
		list := p.Get("metadata", l.steps[1]).Without(l.steps[2])
		p = p.WithAt(list, "metadata", l.steps[1])
	}
	return p
}
