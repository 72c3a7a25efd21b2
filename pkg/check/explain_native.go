package check

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// nativeSidecars says whether the replicas would give the pod a native sidecar: by their
// flag or, as they do, by the nodes. Where those may not be seen, an injected pod shows
// what it got.
func (s *subject) nativeSidecars() bool {
	switch s.sentTo.arguments["native-sidecars"] {
	case "true":
		return true
	case "false":
		return false
	}
	if len(s.Nodes.Value) > 0 {
		came := s.before
		if s.runs() { // its node is the scheduler's word, which came after
			came = nil
		}
		return webhook.NodesAreNative(s.Nodes.Value, came)
	}
	if s.injection.Injected {
		if p, err := tree.Parse(s.JSON); err == nil {
			list, _, _ := pod.FindProxy(p)
			return list == "initContainers"
		}
	}
	if err := s.Nodes.Err; err != nil {
		s.note(Unknown, "nodes", "native sidecars", "they were not looked at, and are taken to run native sidecars: %v", err)
	}
	return true
}
