package rule

import (
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Overlay lays what the templates rendered over the pod, in their order: as strategic
// merge patches, or by appending to its lists (spec: injection.md section 5, v1.0.md).
type Overlay struct {
	// Append adds to the pod's lists, as the formats of one template do (1.0 to 1.8).
	Append bool
	// NoPullSecrets leaves the pull secrets of manifests as they are (1.1 to 1.5).
	NoPullSecrets bool
	// Apart says of which templates a container stays in the list in which they have it,
	// as it does with istiod, even where the pod then has two of that name; nil for none.
	Apart func(template string) bool
}

// Overlay of one template.
type Rendered struct {
	Template string
	Pod      *tree.Value
}

// TemplateError says that what a template rendered cannot be laid over the pod.
type TemplateError struct {
	Template string
	// Line is that of the template's own text, from 1; 0 where it is not known.
	Line int
	// Annotation is the pod's whose value the line wrote, empty for none.
	Annotation string
	Err        error
}

func (e *TemplateError) Error() string {
	text := "template " + strconv.Quote(e.Template)
	if e.Line > 0 {
		text += ", line " + strconv.Itoa(e.Line)
	}
	if e.Annotation != "" {
		text += ", of annotation " + e.Annotation
	}
	return text + ": " + e.Err.Error()
}

func (e *TemplateError) Unwrap() error { return e.Err }

// Name implements Rule.
func (Overlay) Name() string { return "overlay" }

// Apply implements Rule. It finds the facts' Template.
func (o Overlay) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	layers, err := o.over(p, f)
	if err != nil {
		return nil, err
	}
	if !o.Append {
		if other := ofOtherKind(p, layers.Template); other != nil {
			f.Original = other
			if layers, err = o.over(other, f); err != nil {
				return nil, err
			}
		}
	}
	f.Template = layers.Template
	return layers.Pod, nil
}

func (o Overlay) over(p *tree.Value, f *Facts) (*podmerge.Layers, error) {
	layers := podmerge.Over(p)
	for _, overlay := range f.Overlays {
		var err error
		switch {
		case o.Append && o.NoPullSecrets && f.FromManifest:
			err = layers.Append(overlay.Pod, "imagePullSecrets")
		case o.Append:
			err = layers.Append(overlay.Pod)
		case o.Apart != nil && o.Apart(overlay.Template):
			err = layers.LayApart(overlay.Pod)
		default:
			err = layers.Lay(overlay.Pod)
		}
		if err != nil {
			return nil, &TemplateError{Template: overlay.Template, Err: err}
		}
	}
	return layers, nil
}

// WithoutAppended takes off what an earlier injection appended: of each name that its
// status has, the last element of the list, since the user's own stands before it.
func WithoutAppended(p, status *tree.Value) *tree.Value {
	for _, list := range statusLists {
		if names := status.Get(list); names.Len() > 0 {
			p = withListOrNone(p, list, pod.WithoutLast(pod.List(p, list), pod.CountNames(names)))
		}
	}
	return p
}

// legacy are the names of what injections before 1.0 put in, which left no status.
var legacy = map[string][]string{
	"initContainers": {pod.InitContainer, pod.CoreDumpContainer},
	"containers":     {pod.ProxyContainer},
	"volumes":        {"istio-certs", "istio-envoy"},
}

// WithoutLegacy takes that off a pod whose status, if any, names nothing, and that has
// such a proxy beside an application: without an application it is a gateway, without a
// proxy the names are the pod's own. Volumes that the application mounts are too.
func WithoutLegacy(p *tree.Value) *tree.Value {
	status := StatusOf(p)
	if slices.ContainsFunc(statusLists, func(list string) bool { return status.Get(list).Len() > 0 }) {
		return p
	}
	containers := pod.List(p, "containers")
	if len(containers) < 2 || pod.Find(containers, pod.ProxyContainer) == nil {
		return p
	}
	for _, list := range statusLists {
		mounted := mountedBy(p)
		kept := slices.DeleteFunc(slices.Clone(pod.List(p, list)), func(item *tree.Value) bool {
			name := item.Get("name").Text()
			_, inUse := mounted[name]
			return slices.Contains(legacy[list], name) && (list != "volumes" || !inUse)
		})
		p = withListOrNone(p, list, kept)
	}
	return p
}

// withListOrNone puts a list of the spec; one that becomes empty goes, as it came.
func withListOrNone(p *tree.Value, list string, items []*tree.Value) *tree.Value {
	if len(items) == 0 && len(pod.List(p, list)) > 0 {
		return p.WithAt(p.Get("spec").Without(list), "spec")
	}
	return pod.WithList(p, list, items)
}

// mountedBy names, by volume, a container of the pod that mounts it, or has variables
// in it.
func mountedBy(p *tree.Value) map[string]string {
	by := map[string]string{}
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		for _, c := range pod.List(p, list) {
			name := c.Get("name").Text()
			for _, mounts := range []string{"volumeMounts", "volumeDevices"} {
				for _, m := range c.Get(mounts).Items() {
					by[m.Get("name").Text()] = name
				}
			}
			for _, variable := range c.Get("env").Items() {
				if file := variable.Get("valueFrom", "fileKeyRef"); file != nil {
					by[file.Get("volumeName").Text()] = name
				}
			}
		}
	}
	return by
}

// Revert takes off the containers, volumes and pull secrets that the status names.
func (Overlay) Revert(r *Removal) {
	for _, list := range pod.ContainerLists {
		r.takeOffContainers(list)
	}
	r.takeOffVolumes()
	r.takeOffPullSecrets()
}

// takeOffContainers takes the containers that the status names off a list, but for
// those that are the workload's own again.
func (r *Removal) takeOffContainers(list string) {
	r.takeOff(list, func(name string, left int) bool {
		switch {
		case r.putBack[list+"/"+name]:
			return false
		case left == 0:
			r.note("spec."+list+"["+name+"]", "the status says that injection added it, and it is not there")
			return false
		default:
			r.removed[list] = append(r.removed[list], name)
			return true
		}
	})
}

// takeOffVolumes takes off the volumes that the status names, but for those that
// what is left of the pod mounts.
func (r *Removal) takeOffVolumes() {
	mounted := mountedBy(r.pod)
	r.takeOff("volumes", func(name string, left int) bool {
		// Of several the last was appended, behind the workload's own.
		if container := mounted[name]; container != "" && left == 1 {
			r.doubt("spec.volumes["+name+"]", "the status says that injection added it, but container %s mounts it, so it stays as it is", container)
			return false
		}
		return true
	})
}

func (r *Removal) takeOffPullSecrets() {
	r.takeOff("imagePullSecrets", func(name string, left int) bool {
		if left == 1 {
			r.doubt("spec.imagePullSecrets["+name+"]", "injection adds it and it was taken off, but the workload may have named it too")
		}
		return true
	})
}

// takeOff takes off a list the last element of each name that the status has, where
// goes says so; left is how many of the name are there.
func (r *Removal) takeOff(list string, goes func(name string, left int) bool) {
	names := statusNames(r.status, list)
	if len(names) == 0 {
		return
	}
	items := pod.List(r.pod, list)
	left, gone := map[string]int{}, map[string]int{}
	for _, item := range items {
		left[item.Get("name").Text()]++
	}
	for _, name := range names {
		if goes(name, left[name]) && left[name] > 0 {
			left[name]--
			gone[name]++
		}
	}
	if len(gone) > 0 {
		r.setList(list, pod.WithoutLast(items, gone))
	}
}

// WithoutRestarts takes the restartPolicy off the containers of the mesh that run to
// their end. Templates up to 1.16 write one, which meant nothing before Kubernetes 1.28;
// since then it would start them again for ever.
func WithoutRestarts(overlay *tree.Value) *tree.Value {
	for _, list := range pod.ContainerLists {
		overlay = pod.WithEach(overlay, list, func(c *tree.Value) *tree.Value {
			switch c.Get("name").Text() {
			case pod.InitContainer, pod.ValidationContainer, pod.CoreDumpContainer:
				return c.Without("restartPolicy")
			}
			return c
		})
	}
	return overlay
}

// Spec reads what the one template of the formats to 1.8 rendered, lists of the pod's
// spec, as a part of a pod. Scalars become what their fields hold, and what the types do
// not know is passed over, as those releases read it.
func Spec(rendered *tree.Value) *tree.Value {
	spec := tree.NewObject()
	for _, list := range statusLists {
		items := podmerge.Pod().At("spec").Field(list).Coerced(rendered.Get(list)).Items()
		if strings.HasSuffix(list, "ontainers") {
			// The template that the 1.0 line shipped writes a restartPolicy on its
			// containers, which had none until Kubernetes 1.28 gave one a meaning.
			for i := range items {
				items[i] = items[i].Without("restartPolicy")
			}
		}
		if len(items) > 0 {
			spec = spec.With(list, tree.NewArray(items...))
		}
	}
	return tree.NewObject(tree.Member{Key: "spec", Value: spec})
}
