package podmerge

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// AutoImage stands for "no image given", since validation wants one in every
// container.
const AutoImage = "auto"

// Layers is a pod with templates laid over it, one after the other.
type Layers struct {
	// Pod is the pod with all layers so far.
	Pod *tree.Value
	// Template is an empty pod with the same layers: what the templates add.
	Template *tree.Value

	original *tree.Value
}

// Over returns the pod with no layers yet.
func Over(p *tree.Value) *Layers {
	return &Layers{Pod: p, Template: tree.NewObject(), original: p}
}

// Lay lays what a template rendered over the pod. A container is reached in
// whichever list it is: templates are written for an application's containers or
// a sidecar's without knowing whether that is a native one.
func (l *Layers) Lay(overlay *tree.Value) error { return l.merge(l.beside(overlay)) }

// LayApart lays it over as istiod does: a container is one of the list in which
// the template has it. Only the pod's own proxy is brought beside the template's.
func (l *Layers) LayApart(overlay *tree.Value) error {
	from, _, own := pod.FindProxy(l.Pod)
	for _, list := range pod.ContainerLists {
		if own != nil && (pod.Index(pod.List(l.Template, list), pod.ProxyContainer) >= 0 || pod.Index(pod.List(overlay, list), pod.ProxyContainer) >= 0) {
			if list != from {
				l.Pod = moved(l.Pod, []move{{podLayer, pod.ProxyContainer, from, list}}, podLayer)
			}
			break
		}
	}
	return l.merge(overlay)
}

// Append adds what a template rendered to the lists of the pod's spec, but for those
// that are left as they are.
func (l *Layers) Append(overlay *tree.Value, left ...string) error {
	for _, m := range overlay.Get("spec").Members() {
		if m.Value.Len() > 0 && !slices.Contains(left, m.Key) {
			l.Pod = pod.WithList(l.Pod, m.Key, slices.Concat(pod.List(l.Pod, m.Key), m.Value.Items()))
		}
	}
	template, err := Pod().Merge(l.Template, overlay, "pod")
	l.Template = template
	return err
}

func (l *Layers) merge(overlay *tree.Value) error {
	template, err := Pod().Merge(l.Template, overlay, "pod")
	if err != nil {
		return err
	}
	merged, err := Pod().Merge(l.Pod, overlay, "pod")
	if err != nil {
		return err
	}
	if merged, err = l.withOwnVolumes(merged, overlay); err != nil {
		return err
	}
	l.Pod, l.Template = merged, template
	return nil
}

// beside brings each container of an overlay and what it meets into one list. It
// belongs in the list of the one that is whole, that is, has an image: the others
// only add to it. A proxy of the pod's own is never taken for whole.
func (l *Layers) beside(overlay *tree.Value) *tree.Value {
	inPod, inTemplate := containersOf(l.Pod), containersOf(l.Template)
	var moves []move
	for _, list := range pod.ContainerLists {
		for _, c := range pod.List(overlay, list) {
			name := c.Get("name").Text()
			own, ownList := inPod.find(name)
			earlier, earlierList := inTemplate.find(name)
			switch {
			case earlier != nil && earlierList != list && (whole(earlier) || !whole(c)):
				moves = append(moves, move{overlayLayer, name, list, earlierList})
				list = earlierList
			case earlier != nil && earlierList != list:
				moves = append(moves, move{templateLayer, name, earlierList, list})
			case earlier == nil && own != nil && ownList != list && !whole(c):
				moves = append(moves, move{overlayLayer, name, list, ownList})
				list = ownList
			}
			if own != nil && ownList != list && (name == pod.ProxyContainer || !whole(own)) {
				moves = append(moves, move{podLayer, name, ownList, list})
			}
		}
	}
	if len(moves) == 0 {
		return overlay
	}
	l.Pod = moved(l.Pod, moves, podLayer)
	l.Template = moved(l.Template, moves, templateLayer)
	return moved(overlay, moves, overlayLayer)
}

// whole says that a container has an image of its own.
func whole(c *tree.Value) bool {
	image := c.Get("image").Text()
	return image != "" && image != AutoImage
}

// A move takes a container of one layer from one list to the other.
type move struct {
	of             layer
	name, from, to string
}

type layer uint8

const (
	podLayer layer = iota
	templateLayer
	overlayLayer
)

// moved carries out the moves of one layer.
func moved(p *tree.Value, moves []move, of layer) *tree.Value {
	for _, from := range pod.ContainerLists {
		going := map[string]string{}
		for _, m := range moves {
			if m.of == of && m.from == from {
				going[m.name] = m.to
			}
		}
		if len(going) == 0 {
			continue
		}
		var staying, arriving []*tree.Value
		var to string
		for _, c := range pod.List(p, from) {
			list, goes := going[c.Get("name").Text()]
			if !goes {
				staying = append(staying, c)
				continue
			}
			to = list
			if of != overlayLayer || to == "containers" {
				// It means another thing there: only an init container becomes a sidecar by it.
				c = c.Without("restartPolicy").Without("restartPolicyRules")
			}
			arriving = append(arriving, c)
		}
		p = pod.WithList(p, from, staying)
		p = pod.WithList(p, to, slices.Concat(pod.List(p, to), arriving))
	}
	return p
}

// withOwnVolumes gives those volumes that came with the pod their own kind again,
// where the overlay has another: what a workload keeps its data in is not for a
// template to say.
func (l *Layers) withOwnVolumes(merged, overlay *tree.Value) (*tree.Value, error) {
	laid, came := pod.List(overlay, "volumes"), pod.List(l.original, "volumes")
	if len(laid) == 0 || len(came) == 0 {
		return merged, nil
	}
	schema := Pod().At("spec", "volumes")
	names, own := positions(laid, keyByName), positions(came, keyByName)
	volumes := slices.Clone(pod.List(merged, "volumes"))
	for i, v := range volumes {
		name := keyByName(v)
		at, ours := own[name]
		if _, touched := names[name]; !ours || !touched {
			continue
		}
		kinds := schema.unions[0]
		if kind := kinds.set(came[at]); len(kind) == 0 || slices.Equal(kind, kinds.set(v)) {
			continue
		}
		var err error
		if volumes[i], err = schema.Merge(v, came[at], "pod.spec.volumes["+name+"]"); err != nil {
			return nil, err
		}
	}
	return pod.WithList(merged, "volumes", volumes), nil
}

func keyByName(v *tree.Value) string { return v.Get("name").Text() }

// containers finds a pod's containers by name in both lists.
type containers [2]pod.Finder

func containersOf(p *tree.Value) (c containers) {
	for i, list := range pod.ContainerLists {
		c[i] = pod.FinderOf(pod.List(p, list))
	}
	return c
}

func (c *containers) find(name string) (container *tree.Value, list string) {
	for i, list := range pod.ContainerLists {
		if found := c[i].Find(name); found != nil {
			return found, list
		}
	}
	return nil, ""
}
