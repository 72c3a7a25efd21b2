package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// nativeSince is the first kubelet whose native sidecars are relied upon
// (spec: injection.md section 4).
var nativeSince = version.MustParseGeneric("1.33")

// Nodes decides about native sidecars by the kubelets of a cluster: a pod gets
// one if every node can run it, or, where the pod names its node, if that one
// can. It keeps a name and a yes or no of each node.
type Nodes struct {
	kubelets *projection[*corev1.Node, bool]
	verdict  atomic.Int32
}

// What all nodes together say.
const (
	noNodeIsNative int32 = iota // also while no node is known: containers work anywhere
	someNodesAreNative
	everyNodeIsNative
)

// NewNodes follows nodes once it is started.
func NewNodes(c client.WithWatch, log *slog.Logger) *Nodes {
	n := &Nodes{}
	n.kubelets = &projection[*corev1.Node, bool]{
		attempts: attempts{what: "nodes", log: log},
		client:   c,
		list:     &corev1.NodeList{},
		keep:     hasNativeSidecars,
		shed: func(node *corev1.Node) {
			kubelet := node.Status.NodeInfo.KubeletVersion
			*node = corev1.Node{TypeMeta: node.TypeMeta, ObjectMeta: metav1.ObjectMeta{
				Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion,
			}}
			node.Status.NodeInfo.KubeletVersion = kubelet
		},
		changed: n.count,
	}
	return n
}

// Start follows the nodes until the context ends.
func (n *Nodes) Start(ctx context.Context) error {
	n.kubelets.follow(ctx)
	return nil
}

// Check holds once every node has been seen.
func (n *Nodes) Check() Check {
	return Check{Name: "nodes", Holds: n.kubelets.check}
}

// ForPod says whether the pod with this JSON can have a native sidecar.
func (n *Nodes) ForPod(pod []byte) bool {
	switch n.verdict.Load() {
	case everyNodeIsNative:
		return true
	case noNodeIsNative:
		return false
	}
	// Only while nodes differ is the pod worth a look.
	name := nodeName(pod)
	if name == "" {
		return false
	}
	native, _ := n.kubelets.get(name)
	return native
}

func (n *Nodes) count() {
	p := n.kubelets
	// The lock is held until the verdict is stored, so that of two changes the
	// later has the last word.
	p.mu.RLock()
	defer p.mu.RUnlock()
	native := 0
	for _, is := range p.kept {
		if is {
			native++
		}
	}
	switch native {
	case 0:
		n.verdict.Store(noNodeIsNative)
	case len(p.kept):
		n.verdict.Store(everyNodeIsNative)
	default:
		n.verdict.Store(someNodesAreNative)
	}
}

// NodesAreNative says what these nodes, all of a cluster, say of a pod: one that names
// its node is that node's.
func NodesAreNative(nodes []corev1.Node, pod []byte) bool {
	if name := nodeName(pod); name != "" {
		nodes = slices.DeleteFunc(slices.Clone(nodes), func(n corev1.Node) bool { return n.Name != name })
	}
	return len(nodes) > 0 && !slices.ContainsFunc(nodes, func(n corev1.Node) bool { return !hasNativeSidecars(&n) })
}

// hasNativeSidecars compares the kubelet's major and minor version: a preview of
// a release counts as the release, and a version that cannot be read as too old.
func hasNativeSidecars(node *corev1.Node) bool {
	kubelet, err := version.ParseGeneric(node.Status.NodeInfo.KubeletVersion)
	if err != nil {
		return false
	}
	return kubelet.AtLeast(nativeSince)
}

// nodeName is the spec.nodeName of a pod, empty for nearly all of them: only
// those that go past the scheduler have one at creation.
func nodeName(pod []byte) string {
	if !bytes.Contains(pod, []byte(`"nodeName"`)) {
		return ""
	}
	var p struct {
		Spec struct {
			NodeName string `json:"nodeName"`
		} `json:"spec"`
	}
	if json.Unmarshal(pod, &p) != nil {
		return "" // the engine says what is wrong with it
	}
	return p.Spec.NodeName
}
