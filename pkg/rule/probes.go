package rule

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A handler is one of a container's probes or lifecycle hooks that kubelet calls
// over the network.
type handler struct {
	keys           []string // where it is in the container
	before, behind string   // the container's name, in the path that the agent is asked for
}

// networkActions are what of the things that a probe or hook can do kubelet calls
// over the network.
var networkActions = []string{"httpGet", "tcpSocket", "grpc"}

var handlers = []handler{
	{[]string{"readinessProbe"}, "/app-health/", "/readyz"},
	{[]string{"livenessProbe"}, "/app-health/", "/livez"},
	{[]string{"startupProbe"}, "/app-health/", "/startupz"},
	{[]string{"lifecycle", "preStop"}, "/app-lifecycle/", "/prestopz"},
	{[]string{"lifecycle", "postStart"}, "/app-lifecycle/", "/poststartz"},
}

// path is what the agent is asked for instead of a container.
func (h handler) path(container string) string { return h.before + container + h.behind }

// Probes points kubelet's probes of the application, and its lifecycle hooks, at the
// proxy's agent, which can pass them on through mutual TLS; what each really asks for
// goes to the agent in a variable (spec: injection.md section 7). It obeys annotation
// sidecar.istio.io/rewriteAppHTTPProbers and the value
// sidecarInjectorWebhook.rewriteAppHTTPProbe; annotation status.sidecar.istio.io/port
// says the agent's port before the mesh does, and 0 that there is none.
type Probes struct {
	// Rendered says that the template tells whether probes are rewritten, as
	// rewriteAppHTTPProbe, where no annotation does (1.1 to 1.8).
	Rendered bool
	// OnlyHTTP leaves all but httpGet alone, and lifecycle hooks (to 1.8).
	OnlyHTTP bool
	// Bare writes an httpGet's fields into the variable without saying that it is one
	// (to 1.4).
	Bare bool
	// EvenEmpty sets the variable where there is no probe (to 1.7).
	EvenEmpty bool
	// PortArgument takes the agent's port from the proxy's argument --statusPort (to
	// 1.5); there is no rewriting without it.
	PortArgument bool
}

// Name implements Rule.
func (Probes) Name() string { return "probes" }

// Apply implements Rule.
func (s Probes) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	if _, _, proxy := pod.FindProxy(p); proxy == nil || !s.rewrites(p, f) {
		return p, nil
	}
	meshPort, port := s.ports(p, f)
	if port == 0 && s.PortArgument {
		return p, nil
	}
	probers := map[string]*tree.Value{}
	for _, list := range pod.ContainerLists {
		p = pod.WithEach(p, list, func(c *tree.Value) *tree.Value {
			name := c.Get("name").Text()
			if name == pod.ProxyContainer || port == 0 {
				return c
			}
			return s.rewriteContainer(c, name, meshPort, port, probers)
		})
	}
	if len(probers) == 0 && !s.EvenEmpty {
		return p, nil
	}
	_, reinjected := pod.Annotations(p).Get(pod.StatusKey)
	return pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
		if reinjected {
			for _, old := range oldProbers(proxy) {
				probers[old.Key] = old.Value
			}
		}
		proxy = pod.WithoutEnv(proxy, func(name string) bool { return name == pod.ProbersVariable })
		members := make([]tree.Member, 0, len(probers))
		for _, key := range slices.Sorted(maps.Keys(probers)) {
			members = append(members, tree.Member{Key: key, Value: probers[key]})
		}
		return pod.WithEnv(proxy, pod.ProbersVariable, string(tree.NewObject(members...).JSON()))
	}), nil
}

// ports are the agent's, of the mesh and of this pod; 0 where there is none.
func (s Probes) ports(p *tree.Value, f *Facts) (mesh, own int64) {
	mesh = int64(f.Mesh.StatusPort)
	if s.PortArgument {
		_, _, proxy := pod.FindProxy(p)
		mesh, _ = strconv.ParseInt(argument(proxy, "--statusPort"), 10, 32)
		return mesh, mesh
	}
	if text, ok := pod.Annotations(p).Get(pod.StatusPortKey); ok {
		if number, err := strconv.ParseInt(text, 10, 32); err == nil {
			return mesh, number
		}
	}
	return mesh, mesh
}

// argument is the one behind a flag of a container, "" for none.
func argument(container *tree.Value, flag string) string {
	args := container.Get("args").Items()
	for i := range len(args) - 1 {
		if args[i].Text() == flag {
			return args[i+1].Text()
		}
	}
	return ""
}

func (s Probes) rewrites(p *tree.Value, f *Facts) bool {
	if wish, ok := pod.Annotations(p).Get(pod.RewriteProbersKey); ok {
		if rewrite, err := strconv.ParseBool(wish); err == nil {
			return rewrite
		}
	}
	if s.Rendered {
		return f.Rendered.Get("rewriteAppHTTPProbe").True()
	}
	return f.Values.Flag("sidecarInjectorWebhook", "rewriteAppHTTPProbe")
}

// oldProbers is what an injection before this one collected. Its entries win:
// what the pod's probes say now is that injection's own work.
func oldProbers(proxy *tree.Value) []tree.Member {
	old := pod.Find(proxy.Get("env").Items(), pod.ProbersVariable)
	v, err := tree.Parse([]byte(old.Get("value").Text()))
	if err != nil {
		return nil
	}
	return v.Members()
}

// rewriteContainer rewrites the handlers of one container and collects what
// they asked for.
func (s Probes) rewriteContainer(c *tree.Value, name string, meshPort, port int64, probers map[string]*tree.Value) *tree.Value {
	for _, h := range handlers {
		probe := c.Get(h.keys...)
		if probe == nil {
			continue
		}
		kind := networkKind(probe, h.keys[0] != "lifecycle")
		if kind == "" || s.OnlyHTTP && (kind != "httpGet" || h.keys[0] == "lifecycle") {
			continue
		}
		action := probe.Get(kind)
		target, ok := portNumber(c, action.Get("port"))
		if !ok || target == meshPort || target == port {
			continue
		}
		if action.Get("port").Kind() == tree.String {
			action = action.With("port", tree.NewInt(target))
		}
		prober := []tree.Member{{Key: kind, Value: action}}
		if timeout, ok := probe.Get("timeoutSeconds").Int(); ok && timeout != 0 {
			prober = append(prober, tree.Member{Key: "timeoutSeconds", Value: probe.Get("timeoutSeconds")})
		}
		probers[h.path(name)] = tree.NewObject(prober...)
		if s.Bare {
			probers[h.path(name)] = action
		}
		c = c.WithAt(redirected(probe, kind, h.path(name), port), h.keys...)
	}
	return c
}

// networkKind returns which of the network's actions a handler is; "" for exec
// and sleep.
func networkKind(probe *tree.Value, isProbe bool) string {
	for _, kind := range networkActions {
		if probe.Get(kind).Kind() == tree.Object && (isProbe || kind != "grpc") {
			return kind
		}
	}
	return ""
}

// portNumber resolves a port, which may be the name of one of the container's.
func portNumber(c, port *tree.Value) (int64, bool) {
	if port.Kind() != tree.String {
		return port.Int()
	}
	for _, p := range c.Get("ports").Items() {
		if name := p.Get("name").Text(); name != "" && name == port.Text() {
			return p.Get("containerPort").Int()
		}
	}
	return 0, false
}

// redirected returns the handler as a call of the agent.
func redirected(probe *tree.Value, kind, path string, port int64) *tree.Value {
	action := probe.Get(kind)
	if kind != "httpGet" {
		action = tree.NewObject()
	}
	action = action.With("path", tree.NewString(path)).With("port", tree.NewInt(port))
	if action.Get("scheme").Text() == "HTTPS" {
		// The agent speaks TLS to the application; to the agent itself kubelet speaks plainly.
		action = action.With("scheme", tree.NewString("HTTP"))
	}
	members := slices.Clone(probe.Members())
	for i := range members {
		if members[i].Key == kind {
			members[i] = tree.Member{Key: "httpGet", Value: action}
		}
	}
	return tree.NewObject(members...)
}

// Revert puts back the probes and hooks from the variable that tells the agent about
// them.
func (Probes) Revert(r *Removal) {
	r.cleanOwnProxy(func(name, _ string) bool { return name == pod.ProbersVariable })
	probers := map[string]*tree.Value{}
	for _, m := range oldProbers(r.proxy) {
		probers[m.Key] = m.Value
	}
	for _, list := range pod.ContainerLists {
		r.pod = pod.WithEach(r.pod, list, func(c *tree.Value) *tree.Value {
			name := c.Get("name").Text()
			if name == pod.ProxyContainer {
				return c
			}
			for _, h := range handlers {
				if prober := probers[h.path(name)]; prober != nil || c.Get(h.keys...) != nil {
					c = r.restoreHandler(c, h, prober, "spec."+list+"["+name+"]."+strings.Join(h.keys, "."))
				}
			}
			return c
		})
	}
}

func (r *Removal) restoreHandler(c *tree.Value, h handler, prober *tree.Value, path string) *tree.Value {
	probe := c.Get(h.keys...)
	if probe.Get("httpGet", "path").Text() != h.path(c.Get("name").Text()) {
		if prober != nil {
			r.note(path, "injection changed it, but it was changed again since, so it stays as it is")
		}
		return c
	}
	kind := networkKind(prober, true)
	if kind == "" {
		r.note(path, "it asks the proxy, and the proxy's variable %s does not say what it asked before", pod.ProbersVariable)
		return c
	}
	action := prober.Get(kind)
	if name := portName(c, action.Get("port")); name != "" && kind != "grpc" {
		// Who names a port mostly calls it by its name; only grpc cannot.
		r.doubt(path+"."+kind+".port", "it was %s or that port's name, %q; the name is put back", action.Get("port").Text(), name)
		action = action.With("port", tree.NewString(name))
	}
	members := make([]tree.Member, 0, probe.Len())
	for _, m := range probe.Members() {
		if m.Key == "httpGet" {
			m = tree.Member{Key: kind, Value: action}
		}
		members = append(members, m)
	}
	return c.WithAt(tree.NewObject(members...), h.keys...)
}

// portName is the name that a container gives a port, "" for none.
func portName(c, port *tree.Value) string {
	number, ok := port.Int()
	for _, p := range c.Get("ports").Items() {
		if n, isNumber := p.Get("containerPort").Int(); ok && isNumber && n == number {
			return p.Get("name").Text()
		}
	}
	return ""
}
