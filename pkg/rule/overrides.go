package rule

import (
	"slices"
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Overrides lays what the user wrote for an injected container over what the templates
// made of it, and remembers it in annotation proxy.istio.io/overrides for a later
// injection (spec: injection.md section 6).
type Overrides struct{}

// Name implements Rule.
func (Overrides) Name() string { return "overrides" }

// Apply implements Rule.
func (Overrides) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	remembered, err := pod.JSONAnnotation(f.Original, pod.OverridesKey)
	if err != nil {
		return nil, err
	}
	status := StatusOf(f.Original)
	overrides := tree.NewObject()
	for _, list := range []string{"containers", "initContainers"} {
		var found []*tree.Value
		for _, c := range pod.List(f.Template, list) {
			name := c.Get("name").Text()
			override := pod.Find(remembered.Get(list).Items(), name)
			if override == nil && !pod.ListsName(status.Get(list), name) {
				override = usersContainer(f.Original, name)
			}
			if override == nil {
				continue
			}
			if override = saying(override); override.Get("image").Text() == podmerge.AutoImage {
				override = override.Without("image")
			}
			found = append(found, override)
			at := pod.Index(pod.List(p, list), name)
			schema := podmerge.Pod().At("spec", list)
			base := pod.List(p, list)[at]
			laid, err := schema.Merge(base, schema.WithoutDirectives(restartedAs(base, override, list, f.Original)), "pod.spec."+list+"["+name+"]")
			if err != nil {
				return nil, err
			}
			p = pod.WithItem(p, list, at, laid)
		}
		if len(found) > 0 {
			overrides = overrides.With(list, tree.NewArray(found...))
		}
	}
	if overrides.Len() > 0 && status == nil {
		p = pod.WithAnnotation(p, pod.OverridesKey, string(overrides.JSON()))
	}
	return adoptUser(p, f), nil
}

// restartedAs returns an override without what it says of restarts where that is about
// a container of another kind: a sidecar stays one, and of an ordinary container a
// sidecar's policy says nothing.
func restartedAs(base, override *tree.Value, list string, original *tree.Value) *tree.Value {
	sidecar := list == "initContainers" && base.Get("restartPolicy").Text() == "Always"
	if sidecar || list == "containers" && pod.Index(pod.List(original, list), override.Get("name").Text()) < 0 {
		return override.Without("restartPolicy").Without("restartPolicyRules")
	}
	return override
}

// Revert puts the workload's own containers back in place of the injected ones.
func (Overrides) Revert(r *Removal) {
	for _, list := range pod.ContainerLists {
		for _, name := range statusNames(r.status, list) {
			items := pod.List(r.pod, list)
			i := pod.LastIndex(items, name)
			own := pod.Find(r.overrides.Get(list).Items(), name)
			if own == nil || i < 0 {
				continue
			}
			home := homeOf(own, list, name)
			if home == "initContainers" && list == "containers" && len(items) == 1 {
				home = list // it was the pod's only container
			}
			if home != list && pod.Index(pod.List(r.pod, home), name) >= 0 || r.standsElsewhere(list, name) {
				continue
			}
			r.restore(list, home, i, r.withImage(own, home))
			r.putBack[list+"/"+name] = true
		}
	}
}

// saying leaves out the empty texts and lists that a client sends along: they override
// nothing.
func saying(v *tree.Value) *tree.Value {
	switch v.Kind() {
	case tree.Object:
		members := make([]tree.Member, 0, v.Len())
		same := true
		for _, m := range v.Members() {
			if m.Value.Kind() == tree.String && m.Value.Text() == "" || m.Value.Kind() == tree.Array && m.Value.Len() == 0 {
				same = false
				continue
			}
			value := saying(m.Value)
			same = same && value == m.Value
			members = append(members, tree.Member{Key: m.Key, Value: value})
		}
		if same {
			return v
		}
		return tree.NewObject(members...)
	case tree.Array:
		items := make([]*tree.Value, v.Len())
		for i, item := range v.Items() {
			items[i] = saying(item)
		}
		if slices.Equal(items, v.Items()) {
			return v
		}
		return tree.NewArray(items...)
	default:
		return v
	}
}

// usersContainer finds a container in the pod as it came, in either list: the
// user need not know in which the templates have theirs.
func usersContainer(p *tree.Value, name string) *tree.Value {
	for _, list := range []string{"containers", "initContainers"} {
		if c := pod.Find(pod.List(p, list), name); c != nil {
			return c
		}
	}
	return nil
}

// adoptUser makes redirection and validation fit the user that the pod's own
// istio-proxy runs as: traffic of that user must pass by the proxy.
func adoptUser(p *tree.Value, f *Facts) *tree.Value {
	own := usersContainer(f.Original, pod.ProxyContainer).Get("securityContext")
	uid, gid := own.Get("runAsUser"), own.Get("runAsGroup")
	if uid == nil && gid == nil {
		return p
	}
	inits := pod.List(p, "initContainers")
	at := pod.Index(inits, pod.InitContainer)
	if at < 0 {
		at = pod.Index(inits, pod.ValidationContainer)
	}
	if at < 0 {
		return p
	}
	init := inits[at]
	tproxy := f.Mesh.TransparentProxy
	if mode, ok := pod.Annotations(p).Get(pod.InterceptionKey); ok {
		tproxy = mode == "TPROXY"
	}
	if init.Get("name").Text() == pod.ValidationContainer && !tproxy {
		for key, id := range map[string]*tree.Value{"runAsUser": uid, "runAsGroup": gid} {
			if id != nil {
				init = init.WithAt(id, "securityContext", key)
			}
		}
	}
	if id, ok := uid.Int(); ok && id != 0 {
		init = withArgument(init, "-u", strconv.FormatInt(id, 10))
	}
	p = pod.WithItem(p, "initContainers", at, init)
	if tproxy && uid != nil {
		// Only root may open transparent sockets.
		p = pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
			return proxy.WithAt(tree.NewInt(0), "securityContext", "runAsUser")
		})
	}
	return p
}

// withArgument sets the argument behind a flag that is there.
func withArgument(container *tree.Value, flag, value string) *tree.Value {
	args := slices.Clone(container.Get("args").Items())
	for i := range args {
		if args[i].Text() == flag && i+1 < len(args) {
			args[i+1] = tree.NewString(value)
			return container.With("args", tree.NewArray(args...))
		}
	}
	return container
}

// standsElsewhere says whether the workload's own container of the name is still
// in the other list: injection laid it over the one that the templates have
// among the init containers, but left it where it was.
func (r *Removal) standsElsewhere(list, name string) bool {
	if name == pod.ProxyContainer {
		return false // of which there is one, that injection moves
	}
	other := "containers"
	if list == other {
		other = "initContainers"
	}
	return !pod.ListsName(r.status.Get(other), name) && pod.Index(pod.List(r.pod, other), name) >= 0
}

// homeOf is the list in which the workload had a container of its own, which
// injection may have moved to where the templates have theirs. Only as an init
// container can a proxy restart always, and only then does it make sense there.
func homeOf(own *tree.Value, list, name string) string {
	if name != pod.ProxyContainer {
		return list
	}
	if own.Get("restartPolicy").Text() == "Always" {
		return "initContainers"
	}
	return "containers"
}

// restore puts the workload's own container in place of the injected one.
func (r *Removal) restore(list, home string, i int, own *tree.Value) {
	items := slices.Clone(pod.List(r.pod, list))
	name := own.Get("name").Text()
	if home == list && name != pod.ProxyContainer {
		items[i] = own
		r.setList(list, items)
	} else {
		r.setList(list, slices.Delete(items, i, i+1))
		r.pod = pod.WithList(r.pod, home, append(slices.Clone(pod.List(r.pod, home)), own))
	}
}

// withImage gives a container that was remembered without an image the word that
// asks for one: it must have had that or none.
func (r *Removal) withImage(own *tree.Value, list string) *tree.Value {
	if own.Get("image") != nil {
		return own
	}
	r.note("spec."+list+"["+own.Get("name").Text()+"].image", "it was %q or missing; %q is put back", podmerge.AutoImage, podmerge.AutoImage)
	var members []tree.Member
	for _, m := range own.Members() {
		members = append(members, m)
		if m.Key == "name" {
			members = append(members, tree.Member{Key: "image", Value: tree.NewString(podmerge.AutoImage)})
		}
	}
	return tree.NewObject(members...)
}
