package pod

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func value(t *testing.T, text string) *tree.Value {
	t.Helper()
	v, err := tree.ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOwner(t *testing.T) {
	owned := func(kind, name, labels string) string {
		return `{metadata: {generateName: x-, labels: {` + labels + `}, ownerReferences: [{kind: Other, name: o}, {apiVersion: g/v1, kind: ` + kind + `, name: ` + name + `, controller: true}]}}`
	}
	for _, c := range []struct {
		pod, want string
	}{
		{`{metadata: {name: bare}}`, "v1 Pod bare"},
		{`{metadata: {name: named, ownerReferences: [{kind: Job, name: j, controller: true}]}}`, "v1 Pod named"},
		{`{metadata: {generateName: g-, ownerReferences: [{kind: Job, name: j}]}}`, "v1 Pod "},
		{owned("ReplicaSet", "web-5d8f", "pod-template-hash: 5d8f"), "g/v1 Deployment web"},
		{owned("ReplicaSet", "web-5d8f", "pod-template-hash: other"), "g/v1 ReplicaSet web-5d8f"},
		{owned("ReplicaSet", "web-5d8f", "rollouts-pod-template-hash: 5d8f"), "argoproj.io/v1alpha1 Rollout web"},
		{owned("ReplicationController", "web-1", "deploymentconfig: web"), "g/v1 DeploymentConfig web"},
		{owned("ReplicationController", "web-1", ""), "g/v1 ReplicationController web-1"},
		{owned("Job", "nightly-28462080", ""), "batch/v1 CronJob nightly"},
		{owned("Job", "nightly-1234567", ""), "g/v1 Job nightly-1234567"},
		{owned("Job", "nightly-12345678901", ""), "g/v1 Job nightly-12345678901"},
		{owned("StatefulSet", "db", ""), "g/v1 StatefulSet db"},
	} {
		w := OwnerOf(value(t, c.pod), "ns")
		if got := w.APIVersion + " " + w.Kind + " " + w.Name; got != c.want || w.Namespace != "ns" {
			t.Errorf("%s: got %s in %s, want %s", c.pod, got, w.Namespace, c.want)
		}
	}
}
