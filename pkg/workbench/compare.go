package workbench

import "github.com/outrigger-io/outrigger/pkg/explain"

// compare injects manifests with two configurations.
func (b *Workbench) compare(r CompareRequest) Comparison {
	before := b.inject(InjectRequest{r.Manifest, r.Before, r.Settings})
	after := b.inject(InjectRequest{r.Manifest, r.After, r.Settings})
	c := Comparison{Before: *before.answer, After: *after.answer, Workloads: []WorkloadComparison{}}
	// Where a configuration does not compile, the workloads were not come to.
	for i := range min(len(before.seen), len(after.seen)) {
		x, y := before.answer.Workloads[i], after.answer.Workloads[i]
		w := WorkloadComparison{
			Kind: x.Kind, Namespace: x.Namespace, Name: x.Name,
			Before: x.Outcome, After: y.Outcome, Differences: []explain.Difference{},
		}
		if x.Outcome != refused && y.Outcome != refused {
			w.Differences = explain.Differences(before.seen[i].result, after.seen[i].result)
		}
		c.Workloads = append(c.Workloads, w)
	}
	return c
}
