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
	remembered, err := pod.Overrides(f.Original)
	if err != nil {
		return nil, err
	}
	status := StatusOf(f.Original)
	overrides := tree.NewObject()
	users := userContainersOf(f.Original)
	own := users.find(pod.ProxyContainer)
	for _, list := range []string{"containers", "initContainers"} {
		var found []*tree.Value
		containers := slices.Clone(pod.List(p, list))
		places, earlier, injected := pod.FinderOf(containers), pod.FinderOf(remembered.Get(list).Items()), pod.CountNames(status.Get(list))
		for _, c := range pod.List(f.Template, list) {
			name := c.Get("name").Text()
			override := earlier.Find(name)
			if override == nil && injected[name] == 0 {
				override = users.find(name)
			}
			if override == nil {
				continue
			}
			if name == pod.ProxyContainer {
				own = override
			}
			if override = saying(override); override.Get("image").Text() == podmerge.AutoImage {
				override = override.Without("image")
			}
			found = append(found, override)
			at := places.Index(name)
			schema := podmerge.Pod().At("spec", list)
			override = schema.WithoutDirectives(restartedAs(containers[at], override, list))
			if injected[name] > 0 { // what the agent was told of the application stays
				override = pod.WithoutEnv(override, isAgents)
			}
			merged, err := schema.Merge(containers[at], override, "pod.spec."+list+"["+name+"]")
			if err != nil {
				return nil, err
			}
			if injected[name] > 0 {
				merged = variablesAsIn(merged, containers[at])
			}
			containers[at] = merged
		}
		p = pod.WithList(p, list, containers)
		if len(found) > 0 {
			overrides = overrides.With(list, tree.NewArray(found...))
		}
	}
	if overrides.Len() > 0 && status == nil {
		p = pod.WithAnnotation(p, pod.OverridesKey, string(overrides.JSON()))
	}
	return adoptUser(p, f, own), nil
}

// variablesAsIn has the variables of a container in the order of another: to one that was
// injected before an override brings none, and those that injection moved to the end are
// to stay there.
func variablesAsIn(container, other *tree.Value) *tree.Value {
	place := map[string]int{}
	for i, name := range pod.Names(other.Get("env").Items()) {
		place[name] = i
	}
	env := slices.Clone(container.Get("env").Items())
	slices.SortStableFunc(env, func(a, b *tree.Value) int {
		return place[a.Get("name").Text()] - place[b.Get("name").Text()]
	})
	if slices.Equal(env, container.Get("env").Items()) {
		return container
	}
	return container.With("env", tree.NewArray(env...))
}

// restartedAs returns an override without what it says of restarts where that is about
// a container of another kind: a sidecar stays one, and of an ordinary container, which
// has what the workload's ordinary one says already, a sidecar's policy says nothing.
func restartedAs(base, override *tree.Value, list string) *tree.Value {
	policy := base.Get("restartPolicy")
	if list == "initContainers" && policy.Text() == "Always" || list == "containers" && policy == nil {
		return override.Without("restartPolicy").Without("restartPolicyRules")
	}
	return override
}

// Revert puts the workload's own containers back in place of the injected ones.
func (Overrides) Revert(r *Removal) {
	for _, list := range pod.ContainerLists {
		owns := pod.FinderOf(r.overrides.Get(list).Items())
		other := "containers"
		if list == other {
			other = "initContainers"
		}
		// Injection may have laid it over the one that the templates have among the init
		// containers, but left it where it was.
		elsewhere, injectedElsewhere := pod.FinderOf(pod.List(r.pod, other)), pod.CountNames(r.status.Get(other))
		items := slices.Clone(pod.List(r.pod, list))
		last := map[string]int{}
		for i, name := range pod.Names(items) {
			last[name] = i
		}
		for _, name := range statusNames(r.status, list) {
			own := owns.Find(name)
			i, there := last[name]
			if own == nil || !there || r.putBack[list+"/"+name] || name == pod.ProxyContainer ||
				injectedElsewhere[name] == 0 && elsewhere.Index(name) >= 0 {
				continue
			}
			items[i] = r.withImage(own, list)
			r.putBack[list+"/"+name] = true
		}
		r.pod = pod.WithList(r.pod, list, items)
		if pod.ListsName(r.status.Get(list), pod.ProxyContainer) {
			r.restoreProxy(list, owns.Find(pod.ProxyContainer))
		}
	}
}

// restoreProxy puts the workload's own proxy, of which there is one, that injection
// moves, at the end of the list in which the workload had it.
func (r *Removal) restoreProxy(list string, own *tree.Value) {
	items := pod.List(r.pod, list)
	i := pod.LastIndex(items, pod.ProxyContainer)
	if own == nil || i < 0 {
		return
	}
	home := homeOf(own)
	if len(items) == 1 && list == "containers" {
		home = list // it was the pod's only container
	}
	if home != list && pod.Index(pod.List(r.pod, home), pod.ProxyContainer) >= 0 {
		return
	}
	r.setList(list, slices.Delete(slices.Clone(items), i, i+1))
	r.pod = pod.WithList(r.pod, home, append(slices.Clone(pod.List(r.pod, home)), r.withImage(own, home)))
	r.putBack[list+"/"+pod.ProxyContainer] = true
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

// userContainers finds a container in the pod as it came, in either list: the user
// need not know in which the templates have theirs.
type userContainers struct{ containers, initContainers pod.Finder }

func userContainersOf(p *tree.Value) *userContainers {
	return &userContainers{pod.FinderOf(pod.List(p, "containers")), pod.FinderOf(pod.List(p, "initContainers"))}
}

func (u *userContainers) find(name string) *tree.Value {
	if c := u.containers.Find(name); c != nil {
		return c
	}
	return u.initContainers.Find(name)
}

// adoptUser makes redirection and validation fit the user that the pod's own
// istio-proxy runs as: traffic of that user must pass by the proxy.
func adoptUser(p *tree.Value, f *Facts, own *tree.Value) *tree.Value {
	uid, gid := own.Get("securityContext", "runAsUser"), own.Get("securityContext", "runAsGroup")
	if uid == nil && gid == nil || f.injectedAs(uid, gid) {
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

// injectedAs says whether an earlier injection put the proxy in, with the ids that the
// templates give it.
func (f *Facts) injectedAs(uid, gid *tree.Value) bool {
	list, _, proxy := pod.FindProxy(f.Template)
	security := proxy.Get("securityContext")
	return pod.ListsName(StatusOf(f.Original).Get(list), pod.ProxyContainer) &&
		tree.Equal(uid, security.Get("runAsUser")) && tree.Equal(gid, security.Get("runAsGroup"))
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

// homeOf is the list in which the workload had a proxy of its own, which injection
// may have moved to where the templates have theirs. Only as an init container can a
// proxy restart always, and only then does it make sense there.
func homeOf(own *tree.Value) string {
	if own.Get("restartPolicy").Text() == "Always" {
		return "initContainers"
	}
	return "containers"
}

// withImage gives a container that was remembered without an image the word that
// asks for one: it must have had that or none.
func (r *Removal) withImage(own *tree.Value, list string) *tree.Value {
	if own.Get("image") != nil {
		return own
	}
	r.doubt("spec."+list+"["+own.Get("name").Text()+"].image", "it was %q or missing; %q is put back", podmerge.AutoImage, podmerge.AutoImage)
	var members []tree.Member
	for _, m := range own.Members() {
		members = append(members, m)
		if m.Key == "name" {
			members = append(members, tree.Member{Key: "image", Value: tree.NewString(podmerge.AutoImage)})
		}
	}
	return tree.NewObject(members...)
}
