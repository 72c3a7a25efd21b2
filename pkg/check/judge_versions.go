package check

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// versionLabel is the version that the chart says a pod runs.
const versionLabel = "app.kubernetes.io/version"

// Build is a build of Outrigger.
type Build struct {
	// Version is a release's, such as 0.1.0, or what a development build is called.
	Version string
	// Commit is what it was built from, empty where nobody knows.
	Commit string
}

// judgeVersions holds the versions of the replicas against one another and against
// that of the command that looks. They are read from the pods: nobody is called. Where
// the two cannot be compared, as an image's tag of one's own, nothing is said.
func (i *Installation) judgeVersions(command Build) []Finding {
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
		return finding(Warning, VersionsDiffer, strings.Join(each, ", ")+": a rollout is in progress or stuck",
			"kubectl -n "+i.Namespace+" rollout status deployment "+i.Name)
	}
	run := versions[0]
	same, known := command.same(run)
	switch {
	case !known:
		return nil
	case !same:
		return finding(Warning, VersionsDiffer, fmt.Sprintf("the replicas have version %s and this command has %s, so it reports what its own version would do", run, command.Version),
			"use the command of "+run+", or upgrade the replicas")
	}
	return finding(OK, VersionsAgree, "the replicas and this command have version "+run, "")
}

// same compares a build with the version of replicas: two releases by their versions, all
// else by the commit.
func (b Build) same(replicas string) (same, known bool) {
	ours, theirs := strings.TrimPrefix(b.Version, "v"), strings.TrimPrefix(replicas, "v")
	if isRelease(ours) && isRelease(theirs) {
		return ours == theirs, true
	}
	commit := commitOf(theirs)
	if commit == "" || b.Commit == "" {
		return false, false
	}
	return strings.HasPrefix(b.Commit, commit), true
}

var (
	release = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$`)
	// namedCommit is how a tag names a commit: alone, behind sha-, or as git describe and
	// Go do, behind the release before it. Digits alone may be a date.
	namedCommit = regexp.MustCompile(`^(?:.*-g|.*[.-]\d{14}-|sha-)?([0-9a-f]{7,40})$`)
	digits      = regexp.MustCompile(`^\d+$`)
)

// isRelease says whether a version is a release's, and not that of a build after one.
func isRelease(v string) bool { return release.MatchString(v) }

// commitOf is the commit that a tag names, empty for none.
func commitOf(tag string) string {
	found := namedCommit.FindStringSubmatch(tag)
	if found == nil || digits.MatchString(found[1]) {
		return ""
	}
	return found[1]
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
