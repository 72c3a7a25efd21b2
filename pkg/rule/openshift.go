package rule

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations by which OpenShift gives each namespace ids of its own.
const (
	UIDRangeKey           = "openshift.io/sa.scc.uid-range"
	SupplementalGroupsKey = "openshift.io/sa.scc.supplemental-groups"
)

// DefaultProxyID is the user and group the proxy runs as where nothing else is
// said; the redirection rules leave traffic of this user alone.
const DefaultProxyID = 1337

// ProxyIDs returns the user and group for the proxy in an OpenShift namespace:
// the last of its ranges, which no application is given by default (spec:
// injection.md section 10).
func ProxyIDs(annotations map[string]string) (uid, gid int64, err error) {
	uids, ok := annotations[UIDRangeKey]
	if !ok {
		return DefaultProxyID, DefaultProxyID, nil
	}
	if uid, err = lastOfBlock(uids); err != nil {
		return 0, 0, fmt.Errorf("namespace annotation %s: %w", UIDRangeKey, err)
	}
	groups, key := annotations[SupplementalGroupsKey], SupplementalGroupsKey
	if groups == "" {
		groups, key = uids, UIDRangeKey
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

// OpenShift drops runAsUser and runAsGroup of an istio-proxy that came with the same
// user as an application's container: the platform put them there. It comes before the
// templates, which then give the proxy ids of its own.
type OpenShift struct{}

// Name implements Rule.
func (OpenShift) Name() string { return "openshift" }

// Apply implements Rule.
func (OpenShift) Apply(p *tree.Value, _ *Facts) (*tree.Value, error) {
	containers := pod.List(p, "containers")
	i := pod.Index(containers, pod.ProxyContainer)
	if i < 0 {
		return p, nil
	}
	security := containers[i].Get("securityContext")
	uid, ok := security.Get("runAsUser").Int()
	if !ok {
		return p, nil
	}
	for j, c := range containers {
		other, ok := c.Get("securityContext", "runAsUser").Int()
		if j != i && ok && other == uid {
			cleaned := containers[i].With("securityContext", security.Without("runAsUser").Without("runAsGroup"))
			return pod.WithItem(p, "containers", i, cleaned), nil
		}
	}
	return p, nil
}

// firstAssigned is where the ranges of ids begin that namespaces are given.
const firstAssigned = 1_000_000_000

// Revert names what was dropped, as far as it can be told: all containers of a pod are
// given one id, far up.
func (OpenShift) Revert(r *Removal) {
	for _, list := range pod.ContainerLists {
		own := pod.Find(r.overrides.Get(list).Items(), pod.ProxyContainer)
		if own == nil || own.Get("securityContext", "runAsUser") != nil {
			continue
		}
		home := homeOf(own, list, pod.ProxyContainer)
		for _, c := range pod.List(r.pod, "containers") {
			if uid, ok := c.Get("securityContext", "runAsUser").Int(); ok && uid >= firstAssigned {
				r.note("spec."+home+"["+pod.ProxyContainer+"].securityContext.runAsUser", "it may have been %d, as container %s has it: OpenShift gives both the same, and injection drops the proxy's", uid, c.Get("name").Text())
				break
			}
		}
	}
}
