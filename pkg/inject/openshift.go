package inject

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations by which OpenShift gives each namespace ids of its own.
const (
	uidRangeAnnotation           = "openshift.io/sa.scc.uid-range"
	supplementalGroupsAnnotation = "openshift.io/sa.scc.supplemental-groups"
)

// defaultProxyID is the user and group the proxy runs as where nothing else is
// said; the redirection rules leave traffic of this user alone.
const defaultProxyID = 1337

// proxyIDs returns the user and group for the proxy in an OpenShift namespace:
// the last of its ranges, which no application is given by default (spec:
// injection.md section 10).
func proxyIDs(annotations map[string]string) (uid, gid int64, err error) {
	uids, ok := annotations[uidRangeAnnotation]
	if !ok {
		return defaultProxyID, defaultProxyID, nil
	}
	if uid, err = lastOfBlock(uids); err != nil {
		return 0, 0, fmt.Errorf("namespace annotation %s: %w", uidRangeAnnotation, err)
	}
	groups, key := annotations[supplementalGroupsAnnotation], supplementalGroupsAnnotation
	if groups == "" {
		groups, key = uids, uidRangeAnnotation
	}
	first, _, _ := strings.Cut(groups, ",")
	if gid, err = lastOfBlock(first); err != nil {
		return 0, 0, fmt.Errorf("namespace annotation %s: %w", key, err)
	}
	return uid, gid, nil
}

// lastOfBlock returns the last id of start/size or start-end.
func lastOfBlock(block string) (int64, error) {
	wrong := fmt.Errorf("%q is neither start/size nor start-end", block)
	from, to, bySize := strings.Cut(block, "/")
	if !bySize {
		var ok bool
		if from, to, ok = strings.Cut(block, "-"); !ok {
			return 0, wrong
		}
	}
	start, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return 0, wrong
	}
	end, err := strconv.ParseInt(to, 10, 64)
	if err != nil {
		return 0, wrong
	}
	if bySize {
		end += start - 1
	}
	if end < start {
		return 0, wrong
	}
	return end, nil
}

// withoutAssignedIDs drops runAsUser and runAsGroup of an istio-proxy that came
// with the same user as an application's container: OpenShift put them there.
func withoutAssignedIDs(p *tree.Value) *tree.Value {
	containers := pod.List(p, "containers")
	i := pod.Index(containers, pod.ProxyContainer)
	if i < 0 {
		return p
	}
	security := containers[i].Get("securityContext")
	uid, ok := security.Get("runAsUser").Int()
	if !ok {
		return p
	}
	for j, c := range containers {
		other, ok := c.Get("securityContext", "runAsUser").Int()
		if j != i && ok && other == uid {
			cleaned := containers[i].With("securityContext", security.Without("runAsUser").Without("runAsGroup"))
			return pod.WithItem(p, "containers", i, cleaned)
		}
	}
	return p
}
