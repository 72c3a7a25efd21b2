package rule

import (
	"fmt"
	"math"
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

// ProxyIDs returns the user and group for the proxy in an OpenShift namespace: the last
// of its ranges, which no application is given by default (spec: injection.md section
// 10). Each is the usual one where the namespace says nothing that can be read; of what
// cannot be read there is a warning.
func ProxyIDs(annotations map[string]string) (uid, gid int64, warnings []string) {
	uid, gid = DefaultProxyID, DefaultProxyID
	unreadable := func(key string, err error, what string) {
		warnings = append(warnings, fmt.Sprintf("namespace annotation %s: %v: the proxy's %s is %d", key, err, what, DefaultProxyID))
	}
	uids, ok := annotations[UIDRangeKey]
	if ok {
		if last, err := lastOfBlock(uids); err != nil {
			unreadable(UIDRangeKey, err, "user")
		} else {
			uid = last
		}
	}
	groups, key := uids, UIDRangeKey
	if own, hasGroups := annotations[SupplementalGroupsKey]; hasGroups {
		groups, key, ok = own, SupplementalGroupsKey, true
	}
	if ok {
		if last, err := lastOfFirst(groups); err != nil {
			unreadable(key, err, "group")
		} else {
			gid = last
		}
	}
	return uid, gid, warnings
}

// lastOfFirst returns the last id of the first of several blocks, all of which have to
// be such.
func lastOfFirst(blocks string) (first int64, err error) {
	for i, block := range strings.Split(blocks, ",") {
		last, err := lastOfBlock(block)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			first = last
		}
	}
	return first, nil
}

// lastOfBlock returns the last id of start/size or start-end, read as OpenShift reads
// it: what comes behind a block is passed over. A block that OpenShift would count past
// the last of 32 bits, where root stands next, or backwards, has no last id.
func lastOfBlock(block string) (int64, error) {
	var start, size, end uint32
	var last uint64
	if strings.Contains(block, "/") {
		if _, err := fmt.Sscanf(block, "%d/%d", &start, &size); err != nil {
			return 0, notABlock(block)
		}
		if size == 0 {
			return 0, fmt.Errorf("%q has no ids", block)
		}
		last = uint64(start) + uint64(size) - 1
	} else {
		if _, err := fmt.Sscanf(block, "%d-%d", &start, &end); err != nil {
			return 0, notABlock(block)
		}
		if end < start {
			return 0, fmt.Errorf("%q ends before it begins", block)
		}
		last = uint64(end)
	}
	if last > math.MaxInt32 {
		return 0, fmt.Errorf("%q ends with %d, which is no id", block, last)
	}
	return int64(last), nil
}

func notABlock(block string) error {
	return fmt.Errorf("%q is neither start/size nor start-end", block)
}

// OpenShift drops runAsUser and runAsGroup of an istio-proxy, in whichever list, that
// came with the same user as an application's container: the platform put them there. It comes before the
// templates, which then give the proxy ids of its own.
type OpenShift struct{}

// Name implements Rule.
func (OpenShift) Name() string { return "openshift" }

// Apply implements Rule.
func (OpenShift) Apply(p *tree.Value, _ *Facts) (*tree.Value, error) {
	_, _, proxy := pod.FindProxy(p)
	security := proxy.Get("securityContext")
	uid, ok := security.Get("runAsUser").Int()
	if !ok {
		return p, nil
	}
	for _, c := range pod.List(p, "containers") {
		other, ok := c.Get("securityContext", "runAsUser").Int()
		if c.Get("name").Text() != pod.ProxyContainer && ok && other == uid {
			return pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
				return proxy.With("securityContext", security.Without("runAsUser").Without("runAsGroup"))
			}), nil
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
		home := homeOf(own)
		for _, c := range pod.List(r.pod, "containers") {
			if uid, ok := c.Get("securityContext", "runAsUser").Int(); ok && uid >= firstAssigned {
				r.doubt("spec."+home+"["+pod.ProxyContainer+"].securityContext.runAsUser", "it may have been %d, as container %s has it: OpenShift gives both the same, and injection drops the proxy's", uid, c.Get("name").Text())
				break
			}
		}
	}
}
