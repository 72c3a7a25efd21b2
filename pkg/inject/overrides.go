package inject

import (
	"fmt"
	"slices"
	"strconv"

	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// autoImage stands for "no image given": validation wants one in every container.
const autoImage = "auto"

// applyOverrides lays what the user wrote for an injected container over what
// the templates made of it, and remembers it in an annotation for a later
// injection (spec: injection.md section 6).
func applyOverrides(merged, original, template *tree.Value, proxyConfig *meshconfig.ProxyConfig) (*tree.Value, error) {
	remembered, err := jsonAnnotation(original, overridesKey)
	if err != nil {
		return nil, err
	}
	status, err := jsonAnnotation(original, statusKey)
	if err != nil {
		return nil, err
	}
	overrides := tree.NewObject()
	for _, list := range []string{"containers", "initContainers"} {
		var found []*tree.Value
		for _, c := range specList(template, list) {
			name := c.Get("name").Text()
			override := findNamed(remembered.Get(list).Items(), name)
			if override == nil && !listsName(status.Get(list), name) {
				override = usersContainer(original, name)
			}
			if override == nil {
				continue
			}
			if override.Get("image").Text() == autoImage {
				override = override.Without("image")
			}
			found = append(found, override)
			at := indexNamed(specList(merged, list), name)
			base := withoutOtherActions(specList(merged, list)[at], override)
			laid, err := podSchema().at("spec", list).merge(base, withoutDirectives(override), "pod.spec."+list+"["+name+"]")
			if err != nil {
				return nil, &RefusedError{InvalidPod, err}
			}
			merged = withSpecItem(merged, list, at, laid)
		}
		if len(found) > 0 {
			overrides = overrides.With(list, tree.NewArray(found...))
		}
	}
	if overrides.Len() > 0 && status == nil {
		merged = withAnnotation(merged, overridesKey, string(overrides.JSON()))
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

// listsName says whether a status names a container: then an earlier injection
// put it into the pod, not the user.
func listsName(names *tree.Value, name string) bool {
	return slices.ContainsFunc(names.Items(), func(n *tree.Value) bool { return n.Text() == name })
}

// usersContainer finds a container in the pod as it came, in either list: the
// user need not know in which the templates have theirs.
func usersContainer(pod *tree.Value, name string) *tree.Value {
	for _, list := range []string{"containers", "initContainers"} {
		if c := findNamed(specList(pod, list), name); c != nil {
			return c
		}
	}
	return nil
}

// jsonAnnotation reads an annotation that holds JSON; nil where there is none.
func jsonAnnotation(pod *tree.Value, key string) (*tree.Value, error) {
	text, ok := annotationsOf(pod).get(key)
	if !ok {
		return nil, nil
	}
	v, err := tree.Parse([]byte(text))
	if err == nil && v.Kind() != tree.Object {
		err = fmt.Errorf("an object is wanted, not %s", quoteValue(v))
	}
	if err != nil {
		return nil, &RefusedError{InvalidAnnotation, fmt.Errorf("annotation %s: %w", key, err)}
	}
	return v, nil
}

// adoptUser makes redirection and validation fit the user that the pod's own
// istio-proxy runs as: traffic of that user must pass by the proxy.
func adoptUser(pod, original *tree.Value, proxyConfig *meshconfig.ProxyConfig) *tree.Value {
	own := usersContainer(original, proxyContainer).Get("securityContext")
	uid, gid := own.Get("runAsUser"), own.Get("runAsGroup")
	if uid == nil && gid == nil {
		return pod
	}
	inits := specList(pod, "initContainers")
	at := indexNamed(inits, initContainer)
	if at < 0 {
		at = indexNamed(inits, validationContainer)
	}
	if at < 0 {
		return pod
	}
	init := inits[at]
	tproxy := proxyConfig.GetInterceptionMode() == meshconfig.ProxyConfig_TPROXY || annotationsOf(pod).value(interceptionKey) == "TPROXY"
	if init.Get("name").Text() == validationContainer && !tproxy {
		for key, id := range map[string]*tree.Value{"runAsUser": uid, "runAsGroup": gid} {
			if id != nil {
				init = init.WithAt(id, "securityContext", key)
			}
		}
	}
	if id, ok := uid.Int(); ok && id != 0 {
		init = withArgument(init, "-u", strconv.FormatInt(id, 10))
	}
	pod = withSpecItem(pod, "initContainers", at, init)
	if tproxy && uid != nil {
		// Only root may open transparent sockets.
		pod = updateProxy(pod, func(proxy *tree.Value) *tree.Value {
			return proxy.WithAt(tree.NewInt(0), "securityContext", "runAsUser")
		})
	}
	return pod
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
