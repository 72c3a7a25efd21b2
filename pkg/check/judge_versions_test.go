package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestVersions(t *testing.T) {
	const repository = "registry.example.com:5000/mesh/outrigger"
	const ofCommit = "2c916240f1aa73b0c5d1e1b8f1c3a4c0d9e8f7a6"
	tests := []struct {
		name, command string
		commit        string // of the command
		images        []string
		label         string
		gone          bool // the last one has ended
		want          string
	}{
		{name: "all agree", command: "v0.1.0", images: []string{repository + ":0.1.0"}, want: "ok VersionsAgree the replicas and this command have version 0.1.0"},
		{name: "a tag and a digest", command: "0.1.0", images: []string{repository + ":v0.1.0@sha256:12"}, want: "ok VersionsAgree the replicas and this command have version v0.1.0"},
		{name: "a digest alone", command: "0.1.0", images: []string{repository + "@sha256:12"}, label: "0.2.0", want: "warning VersionsDiffer the replicas have version 0.2.0 and this command has 0.1.0, so it reports what its own version would do"},
		{name: "neither tag nor label", command: "0.1.0", images: []string{repository}},
		{name: "a tag of one's own", command: "0.1.0", images: []string{repository + ":mine"}, label: "0.1.0"},
		{name: "a development build, and a release", command: "2c91624", commit: ofCommit, images: []string{repository + ":0.1.0"}},
		{name: "a build after a release, and the release", command: "v0.1.0-5-g2c91624", commit: ofCommit, images: []string{repository + ":0.1.0"}},
		{name: "of the same commit", command: "2c91624", commit: ofCommit, images: []string{repository + ":2c91624"}, want: "ok VersionsAgree the replicas and this command have version 2c91624"},
		{name: "of the same commit, by git describe", command: "v0.1.0-5-g2c91624", commit: ofCommit, images: []string{repository + ":0.1.0-5-g2c91624"}, want: "ok VersionsAgree the replicas and this command have version 0.1.0-5-g2c91624"},
		{name: "of the same commit, by Go", command: "(devel)", commit: ofCommit, images: []string{repository + ":v0.1.1-0.20261127021500-2c916240f1aa"}, want: "ok VersionsAgree the replicas and this command have version v0.1.1-0.20261127021500-2c916240f1aa"},
		{name: "of another commit", command: "2c91624", commit: ofCommit, images: []string{repository + ":sha-77aa01c"}, want: "warning VersionsDiffer the replicas have version sha-77aa01c and this command has 2c91624, so it reports what its own version would do"},
		{name: "a work tree that was edited", command: "2c91624-dirty", images: []string{repository + ":2c91624"}},
		{name: "a tag of an edited work tree", command: "2c91624", commit: ofCommit, images: []string{repository + ":2c91624-dirty"}},
		{name: "a date", command: "2c91624", commit: ofCommit, images: []string{repository + ":20261127"}},
		{name: "a release before one", command: "0.1.0-rc.1", images: []string{repository + ":0.1.0"}, want: "warning VersionsDiffer the replicas have version 0.1.0 and this command has 0.1.0-rc.1, so it reports what its own version would do"},
		{name: "two versions", command: "0.1.0", images: []string{repository + ":0.1.0", repository + ":0.2.0", repository + ":0.1.0"}, want: "warning VersionsDiffer 2 replicas are of version 0.1.0, 1 replica is of version 0.2.0: a rollout is in progress or stuck"},
		{name: "one that has ended", command: "0.1.0", images: []string{repository + ":0.1.0", repository + ":0.0.9"}, gone: true, want: "ok VersionsAgree the replicas and this command have version 0.1.0"},
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
			o.Command = Build{Version: tt.command, Commit: tt.commit}
			got := ""
			for _, f := range Judge(o) {
				switch f.Reason {
				case VersionsAgree, VersionsDiffer:
					got += string(f.Severity) + " " + string(f.Reason) + " " + f.What
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}
