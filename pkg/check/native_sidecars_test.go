package check

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// TestNativeSidecars: the flag counts, then the nodes, then what the pod shows.
func TestNativeSidecars(t *testing.T) {
	const onOld = `{"metadata":{"name":"web"},"spec":{"nodeName":"old","containers":[]}}`
	const onNew = `{"metadata":{"name":"web"},"spec":{"nodeName":"new","containers":[]}}`
	const asInit = `{"metadata":{"name":"web","annotations":{"sidecar.istio.io/status":"{\"initContainers\":[\"istio-proxy\"]}"}},"spec":{"initContainers":[{"name":"istio-proxy"}],"containers":[{"name":"web"}]}}`
	mixed := []corev1.Node{node("old", "v1.32.9"), node("new", "v1.33.0")}
	for _, c := range []struct {
		name, flag, pod string
		nodes           []corev1.Node
		created         time.Time
		want            bool
	}{
		{name: "the flag says so", flag: "true", pod: plain, nodes: mixed, want: true},
		{name: "the flag says no", flag: "false", pod: plain, nodes: []corev1.Node{node("a", "v1.34.1")}},
		{name: "all nodes can", pod: plain, nodes: []corev1.Node{node("a", "v1.33.0-rc.1+build"), node("b", "v1.34.1")}, want: true},
		{name: "one cannot", pod: plain, nodes: mixed},
		{name: "its own can", flag: "auto", pod: onNew, nodes: mixed, want: true},
		{name: "its own cannot", pod: onOld, nodes: mixed},
		{name: "its own is not there", pod: `{"spec":{"nodeName":"gone","containers":[]}}`, nodes: []corev1.Node{node("a", "v1.34.1")}},
		{name: "a node that the scheduler chose", pod: onNew, nodes: mixed, created: now},
		{name: "no node can be seen, of a pod that has one", pod: asInit, created: now, want: true},
		{name: "no node can be seen, of a pod that has an ordinary one", pod: injected, created: now},
		{name: "no node can be seen", pod: plain, want: true},
		{name: "there is no node yet", pod: plain, nodes: []corev1.Node{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := healthy(t)
			o.Nodes.Value = c.nodes
			if c.nodes == nil {
				o.Nodes.Err = errors.New("forbidden")
			}
			s := &subject{Observation: o, Pod: Pod{Namespace: "shop", JSON: []byte(c.pod), Created: c.created}}
			if err := s.read(); err != nil {
				t.Fatal(err)
			}
			s.sentTo = o.Installations[0]
			s.sentTo.arguments = arguments{}
			if c.flag != "" {
				s.sentTo.arguments["native-sidecars"] = c.flag
			}
			if got := s.nativeSidecars(); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
