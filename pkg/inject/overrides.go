package inject

import (
	"slices"
	"strconv"

	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// autoImage stands for "no image given": validation wants one in every container.
const autoImage = "auto"

// applyOverrides lays what the user wrote for an injected container over what
// the templates made of it, and remembers it in an annotation for a later
// injection (spec: injection.md section 6).
func applyOverrides(merged, original, template *tree.Value, proxyConfig *meshconfig.ProxyConfig) (*tree.Value, error) {
	remembered, err := pod.JSONAnnotation(original, pod.OverridesKey)
	if err != nil {
		return nil, err
	}
	status, err := pod.JSONAnnotation(original, pod.StatusKey)
	if err != nil {
		return nil, err
	}
	overrides := tree.NewObject()
	for _, list := range []string{"containers", "initContainers"} {
		var found []*tree.Value
		for _, c := range pod.List(template, list) {
			name := c.Get("name").Text()
			override := pod.Find(remembered.Get(list).Items(), name)
			if override == nil && !pod.ListsName(status.Get(list), name) {
				override = usersContainer(original, name)
			}
			if override == nil {
				continue
			}
			if override.Get("image").Text() == autoImage {
				override = override.Without("image")
			}
			found = append(found, override)
			at := pod.Index(pod.List(merged, list), name)
			base := withoutOtherActions(pod.List(merged, list)[at], override)
			laid, err := podmerge.Pod().At("spec", list).Merge(base, podmerge.WithoutDirectives(override), "pod.spec."+list+"["+name+"]")
			if err != nil {
				return nil, err
			}
			merged = pod.WithItem(merged, list, at, laid)
		}
		if len(found) > 0 {
			overrides = overrides.With(list, tree.NewArray(found...))
		}
	}
	if overrides.Len() > 0 && status == nil {
		merged = pod.WithAnnotation(merged, pod.OverridesKey, string(overrides.JSON()))
	}
	return adoptUser(merged, original, proxyConfig), nil
}

// withoutOtherActions takes the action off each probe and lifecycle hook for which
// the override has another: there can be one only, and the user's wins.
func withoutOtherActions(container, override *tree.Value) *tree.Value {
	for _, h := range handlers {
		wanted, probe := override.Get(h.keys...), container.Get(h.keys...)
		for _, m := range wanted.Members() {
			if !slices.Contains(actions, m.Key) {
				continue
			}
			for _, other := range actions {
				if other != m.Key && probe.Get(other) != nil {
					probe = probe.Without(other)
					container = container.WithAt(probe, h.keys...)
				}
			}
		}
	}
	return container
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
func adoptUser(p, original *tree.Value, proxyConfig *meshconfig.ProxyConfig) *tree.Value {
	own := usersContainer(original, pod.ProxyContainer).Get("securityContext")
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
	tproxy := proxyConfig.GetInterceptionMode() == meshconfig.ProxyConfig_TPROXY || pod.Annotations(p).Value(pod.InterceptionKey) == "TPROXY"
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
