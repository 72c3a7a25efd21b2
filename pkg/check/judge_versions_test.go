package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestVersions(t *testing.T) {
	const repository = "registry.example.com:5000/mesh/outrigger"
	tests := []struct {
		name, command string
		images        []string
		label         string
		gone          bool // the last one has ended
		want          string
	}{
		{name: "all agree", command: "v0.1.0", images: []string{repository + ":0.1.0"}, want: "ok VersionsAgree replicas and this command are of version 0.1.0"},
		{name: "a tag and a digest", command: "0.1.0", images: []string{repository + ":v0.1.0@sha256:12"}, want: "ok VersionsAgree replicas and this command are of version v0.1.0"},
		{name: "a digest alone", command: "0.1.0", images: []string{repository + "@sha256:12"}, label: "0.2.0", want: "warning VersionsDiffer the replicas are of version 0.2.0, this command is of 0.1.0, and says what its own version would do"},
		{name: "neither tag nor label", command: "0.1.0", images: []string{repository}, want: "info VersionUnknown the replicas are of version unknown, this command is of 0.1.0"},
		{name: "a tag of one's own", command: "0.1.0", images: []string{repository + ":mine"}, label: "0.1.0", want: "info VersionUnknown the replicas are of version mine, this command is of 0.1.0"},
		{name: "a command of no release", command: "2c91624", images: []string{repository + ":0.1.0"}, want: "info VersionUnknown the replicas are of version 0.1.0, this command is of 2c91624"},
		{name: "a release before one", command: "0.1.0-rc.1", images: []string{repository + ":0.1.0"}, want: "warning VersionsDiffer the replicas are of version 0.1.0, this command is of 0.1.0-rc.1, and says what its own version would do"},
		{name: "two versions", command: "0.1.0", images: []string{repository + ":0.1.0", repository + ":0.2.0", repository + ":0.1.0"}, want: "warning VersionsDiffer 2 replicas are of version 0.1.0, 1 replica is of version 0.2.0: a rollout goes on, or is stuck"},
		{name: "one that has ended", command: "0.1.0", images: []string{repository + ":0.1.0", repository + ":0.0.9"}, gone: true, want: "ok VersionsAgree replicas and this command are of version 0.1.0"},
		{name: "no replica", command: "0.1.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy(t)
			i := o.Installations[0]
			for _, image := range tt.images {
				pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{versionLabel: tt.label}}}
				pod.Spec.Containers = []corev1.Container{
					{Name: "beside", Image: "other:9.9.9"},
					{Name: "outrigger", Image: image, Args: []string{"serve"}},
				}
				i.Pods.Value = append(i.Pods.Value, pod)
			}
			if tt.gone {
				i.Pods.Value[len(tt.images)-1].Status.Phase = corev1.PodFailed
			}
			o.Version = tt.command
			got := ""
			for _, f := range Judge(o) {
				switch f.Reason {
				case VersionsAgree, VersionsDiffer, VersionUnknown:
					got += string(f.Severity) + " " + string(f.Reason) + " " + f.What
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}
