package check

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// NativeSidecars says whether the replicas of an installation would give the pod with
// this JSON a native sidecar: by their flag --native-sidecars or, where that is auto, by
// the nodes, as they do. The error says why the nodes could not be looked at; then they
// are taken to run native sidecars.
func (o *Observation) NativeSidecars(i *Installation, pod []byte) (bool, error) {
	switch i.arguments["native-sidecars"] {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if o.Nodes.Err != nil {
		return true, o.Nodes.Err
	}
	return webhook.NodesAreNative(o.Nodes.Value, pod), nil
}

// NodesNotLookedAt is the finding of an error of NativeSidecars.
func NodesNotLookedAt(err error) Finding {
	f := notLookedAt("nodes", err)
	f.What += "; they are taken to run native sidecars"
	return f
}

// nativeSidecars is what the replicas would do with the pod. Where the nodes may not be
// seen, an injected pod shows what it got.
func (s *subject) nativeSidecars() bool {
	came := s.before
	if s.runs() { // its node is the scheduler's word, which came after
		came = nil
	}
	native, err := s.NativeSidecars(s.sentTo, came)
	if err == nil {
		return native
	}
	if s.injection.Injected {
		if p, err := tree.Parse(s.JSON); err == nil {
			list, _, _ := pod.FindProxy(p)
			return list == "initContainers"
		}
	}
	s.note(Unknown, "nodes", "native sidecars", "they were not looked at, and are taken to run native sidecars: %v", err)
	return native
}
