package rule

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Warnings are what is odd about a pod that is injected, and no reason to refuse it.
// reads says whether a template reads an annotation or a label of the name, uid is the user that
// proxies run as here.
func Warnings(p *tree.Value, reads func(key string) bool, uid int64) []string {
	return slices.Concat(Deprecated(p), unreadAnnotations(p, reads), unreadLabels(p, reads), noTruth(p), probesByThemselves(p), sharedUser(p, uid), bothDataPlanes(p))
}

// lowPortsKey is the annotation by which a proxy may open ports below 1024.
const lowPortsKey = "sidecar.istio.io/capNetBindService"

// noTruth warns of a value that is neither true nor false, which rule Probes, or the
// templates, take for none.
func noTruth(p *tree.Value) []string {
	var warnings []string
	for _, key := range []string{pod.RewriteProbersKey, lowPortsKey} {
		wish, ok := pod.Annotations(p).Get(key)
		_, err := strconv.ParseBool(wish)
		if key == lowPortsKey && wish != "true" && wish != "false" {
			err = strconv.ErrSyntax // templates know the two words
		}
		if ok && err != nil {
			warnings = append(warnings, fmt.Sprintf("annotation %s: %q is neither true nor false and was ignored", key, wish))
		}
	}
	return warnings
}

// probesByThemselves warns of probes that no agent passes on, since there is none to ask.
func probesByThemselves(p *tree.Value) []string {
	if port, err := strconv.Atoi(pod.Annotations(p).Value(pod.StatusPortKey)); err != nil || port != 0 {
		return nil
	}
	for _, c := range pod.List(p, "containers") {
		for _, h := range handlers {
			if c.Get("name").Text() != pod.ProxyContainer && networkKind(c.Get(h.keys...), h.keys[0] != "lifecycle") != "" {
				return []string{fmt.Sprintf("annotation %s is 0: there is no agent that passes probes on, so those of container %s stay as they are; where mutual TLS is strict they fail", pod.StatusPortKey, c.Get("name").Text())}
			}
		}
	}
	return nil
}

// sharedUser warns of an application that runs as the proxy's user, whose traffic the
// redirection leaves alone.
func sharedUser(p *tree.Value, proxys int64) []string {
	if _, _, own := pod.FindProxy(p); own != nil {
		if uid, ok := own.Get("securityContext", "runAsUser").Int(); ok && uid != 0 {
			proxys = uid // which redirection then leaves alone
		}
	}
	is := func(security *tree.Value) bool {
		uid, ok := security.Get("runAsUser").Int()
		return ok && uid == proxys
	}
	for _, c := range pod.List(p, "containers") {
		name, own := c.Get("name").Text(), c.Get("securityContext")
		if name == pod.ProxyContainer || !is(own) && (own.Get("runAsUser") != nil || !is(p.Get("spec", "securityContext"))) {
			continue
		}
		return []string{fmt.Sprintf("container %s runs as user %d, which is the proxy's: its traffic passes by the mesh", name, proxys)}
	}
	return nil
}

// DataPlaneLabel chooses the mesh's other data plane, without sidecars.
const DataPlaneLabel = "istio.io/dataplane-mode"

func bothDataPlanes(p *tree.Value) []string {
	if pod.Labels(p).Value(DataPlaneLabel) != "ambient" {
		return nil
	}
	return []string{"label " + DataPlaneLabel + " is ambient, and the pod gets a sidecar too: one of them is enough"}
}

// SkippedWarnings are what is odd about a pod that is not injected: it will not run as
// it stands.
func SkippedWarnings(p *tree.Value) []string {
	warnings := unreadLabels(p, func(string) bool { return false })
	for _, list := range pod.ContainerLists {
		for _, c := range pod.List(p, list) {
			if c.Get("image").Text() == podmerge.AutoImage {
				warnings = append(warnings, fmt.Sprintf("container %s has the image %q, which injection replaces, and the pod is not injected", c.Get("name").Text(), podmerge.AutoImage))
			}
		}
	}
	return warnings
}
