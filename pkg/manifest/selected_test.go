package manifest

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestSelected are the labels by which objects find their pods, in every form of a
// selector.
func TestSelected(t *testing.T) {
	for text, want := range map[string][]string{
		"{apiVersion: apps/v1, kind: Deployment, spec: {selector: {matchLabels: {app: web, tier: x}, matchExpressions: [{key: env, operator: Exists}]}, template: {spec: {}}}}": {"app", "tier", "env"},
		"{apiVersion: v1, kind: ReplicationController, spec: {selector: {app: web}, template: {spec: {}}}}":                                                                     {"app"},
		"{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {selector: {matchLabels: {app: web}}, template: {spec: {}}}}}}":                                       {"app"},
		"{apiVersion: apps/v1, kind: StatefulSet, spec: {selector: &s {matchLabels: &l {app: web}}, template: {metadata: {labels: *l}, spec: {}}}}":                             {"app"},
		"{apiVersion: batch/v1, kind: Job, spec: {selector: null, template: {spec: {}}}}":                                                                                       nil,
		"{apiVersion: apps/v1, kind: Deployment, spec: {selector: [7], template: {spec: {}}}}":                                                                                  nil,
		"{apiVersion: v1, kind: Pod, selector: {app: web}, spec: {}}":                                                                                                           nil,
	} {
		var got []string
		err := Rewrite(io.Discard, strings.NewReader(text), Options{File: "in"}, func(w Workload) (tree.Patch, error) {
			got = w.Selected
			return nil, nil
		})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
}
