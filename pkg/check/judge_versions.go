package check

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// versionLabel is the version that the chart says a pod runs.
const versionLabel = "app.kubernetes.io/version"

// judgeVersions holds the versions of the replicas against one another and against
// that of the command that looks. They are read from the pods: nobody is called.
func (i *Installation) judgeVersions(command string) []Finding {
	replicas := map[string]int{}
	for _, pod := range i.alive() {
		replicas[versionOf(&pod)]++
	}
	if len(replicas) == 0 {
		return nil
	}
	finding := func(severity Severity, reason Reason, what, next string) []Finding {
		return []Finding{{severity, reason, i.serviceSubject(), what, next}}
	}
	versions := slices.Sorted(maps.Keys(replicas))
	if len(versions) > 1 {
		var each []string
		for _, v := range versions {
			each = append(each, count(replicas[v], "replica is", "replicas are")+" of version "+cmp.Or(v, "unknown"))
		}
		return finding(Warning, VersionsDiffer, strings.Join(each, ", ")+": a rollout goes on, or is stuck",
			"kubectl -n "+i.Namespace+" rollout status deployment "+i.Name)
	}
	run := cmp.Or(versions[0], "unknown")
	both := fmt.Sprintf("the replicas are of version %s, this command is of %s", run, command)
	replica, err := version.ParseSemantic(run)
	if err != nil {
		return finding(Info, VersionUnknown, both, "")
	}
	ours, err := version.ParseSemantic(command)
	switch {
	case err != nil:
		return finding(Info, VersionUnknown, both, "")
	case !ours.EqualTo(replica):
		return finding(Warning, VersionsDiffer, both+", and says what its own version would do", "use the command of "+run+", or upgrade the replicas")
	}
	return finding(OK, VersionsAgree, "replicas and this command are of version "+run, "")
}

// versionOf is the tag of the image that serves. One that is named by its digest alone
// has none: there the chart's word counts. Empty where nothing tells.
func versionOf(pod *corev1.Pod) string {
	for _, container := range pod.Spec.Containers {
		if argumentsOf(corev1.PodSpec{Containers: []corev1.Container{container}}) == nil {
			continue
		}
		image, _, _ := strings.Cut(container.Image, "@")
		name := image[strings.LastIndexByte(image, '/')+1:] // a registry may have a port
		if _, tag, tagged := strings.Cut(name, ":"); tagged {
			return tag
		}
	}
	return pod.Labels[versionLabel]
}
