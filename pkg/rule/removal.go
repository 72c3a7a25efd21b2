package rule

import (
	"fmt"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Note names something of a pod that may not be what it was before injection.
type Note struct {
	// Path is the place in the pod, such as
	// spec.containers[web].livenessProbe.httpGet.port.
	Path string
	// Why is the sentence for people.
	Why string
	// Doubt says that it may well be as it was.
	Doubt bool
}

// Removed is a pod with its injection taken off.
type Removed struct {
	Pod *tree.Value
	// InitContainers and Containers are the names that were taken off.
	InitContainers, Containers []string
	Notes                      []Note
}

// Revert takes an injection off a pod that carries one: all rules, backwards. It goes
// by what stands in the pod. workload names the object that the pod's template stands
// in. Without a status nil is returned: the pod was not injected.
//
// What the status remembers of the workload's own is put back, and what the workload
// names elsewhere stays. Where neither is so, a label or annotation goes that has the
// value that injection gives, and a volume or pull secret that the status names, even if
// someone had written the very same before: TakenOff has the names.
func Revert(p *tree.Value, workload pod.Workload) (*Removed, error) {
	status, err := pod.JSONAnnotation(p, pod.StatusKey)
	if err != nil || status == nil {
		return nil, err
	}
	r, err := newRemoval(p, status, workload)
	if err != nil {
		return nil, err
	}
	r.revert(All)
	r.putRest()
	r.keepNamed(p)
	return &Removed{Pod: r.pod, InitContainers: r.removed["initContainers"], Containers: r.removed["containers"], Notes: r.notes}, nil
}

func newRemoval(p, status *tree.Value, workload pod.Workload) (*Removal, error) {
	overrides, err := pod.Overrides(p)
	if err != nil {
		return nil, err
	}
	r := &Removal{pod: p, workload: workload, status: status, overrides: overrides, port: injectedStatusPort(p), removed: map[string][]string{}, putBack: map[string]bool{}}
	_, _, r.proxy = pod.FindProxy(p)
	return r, nil
}

// revert takes rules off, the last that was applied first.
func (r *Removal) revert(rules []Rule) {
	for _, rule := range slices.Backward(rules) {
		rule.Revert(r)
	}
	for _, last := range r.last {
		last()
	}
}

// Removal is a pod on its way back.
type Removal struct {
	pod       *tree.Value
	workload  pod.Workload
	status    *tree.Value // annotation sidecar.istio.io/status
	overrides *tree.Value // annotation proxy.istio.io/overrides
	proxy     *tree.Value // the proxy as injection left it
	port      string      // the agent's status port
	removed   map[string][]string
	putBack   map[string]bool // LIST/NAME of containers that are the workload's own again
	notes     []Note
	trial     bool // nobody reads the notes
	last      []func()
}

func (r *Removal) note(path, format string, args ...any) {
	if !r.trial {
		r.notes = append(r.notes, Note{Path: path, Why: fmt.Sprintf(format, args...)})
	}
}

// doubt notes what may have been another way before injection, where nothing tells.
func (r *Removal) doubt(path, format string, args ...any) {
	if !r.trial {
		r.notes = append(r.notes, Note{Path: path, Why: fmt.Sprintf(format, args...), Doubt: true})
	}
}

// atEnd puts off what can only be done once every rule has been reverted.
func (r *Removal) atEnd(do func()) { r.last = append(r.last, do) }

// drop takes off a member and, as long as nothing is left in them, the objects
// around it, as far as path[0].
func (r *Removal) drop(path ...string) { r.pod = dropAt(r.pod, path) }

func dropAt(v *tree.Value, path []string) *tree.Value {
	if len(path) == 1 {
		return v.Without(path[0])
	}
	child := v.Get(path[0])
	if child == nil {
		return v
	}
	below := dropAt(child, path[1:])
	switch {
	case below == child:
		return v
	case below.Len() == 0 && path[0] != "spec":
		return v.Without(path[0])
	default:
		return v.With(path[0], below)
	}
}

// changeEach changes the labels or annotations in one go, and takes off those of which
// change makes nil.
func (r *Removal) changeEach(kind string, change func(tree.Member) *tree.Value) {
	all := r.pod.Get("metadata", kind)
	switch changed := all.MapMembers(change); {
	case changed == all:
	case changed.Len() == 0:
		r.drop("metadata", kind)
	default:
		r.pod = r.pod.WithAt(changed, "metadata", kind)
	}
}

// dropAnnotation takes an annotation off if it has the value that injection gives.
func (r *Removal) dropAnnotation(key, given string) {
	if value, ok := pod.Annotations(r.pod).Get(key); ok && value == given {
		r.drop("metadata", "annotations", key)
	}
}

// setList puts a list of the spec; an empty one goes, as injection made it.
func (r *Removal) setList(list string, items []*tree.Value) {
	if len(items) == 0 {
		r.drop("spec", list)
		return
	}
	r.pod = pod.WithList(r.pod, list, items)
}

// cleanOwnProxy takes variables off a proxy that is all the workload's own: the
// templates that the workload asked for have none.
func (r *Removal) cleanOwnProxy(drop func(name, path string) bool) {
	if r.ofOneTemplate() { // the 1.0 line sets none
		return
	}
	for _, list := range pod.ContainerLists {
		if pod.ListsName(r.status.Get(list), pod.ProxyContainer) {
			return
		}
	}
	list, _, _ := pod.FindProxy(r.pod)
	r.pod = pod.UpdateProxy(r.pod, func(proxy *tree.Value) *tree.Value {
		cleaned := pod.WithoutEnv(proxy, func(name string) bool {
			return drop(name, "spec."+list+"["+pod.ProxyContainer+"].env["+name+"]")
		})
		if cleaned.Get("env").Len() == 0 {
			cleaned = cleaned.Without("env")
		}
		return cleaned
	})
}
