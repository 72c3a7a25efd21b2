package inject

import (
	"maps"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// setClusterEnv gives the proxy the variables that the webhook's URL and the
// values say of cluster and network, at the end of its environment, by name.
func setClusterEnv(p *tree.Value, env map[string]string) *tree.Value {
	if len(env) == 0 {
		return p
	}
	return pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
		proxy = pod.WithoutEnv(proxy, func(name string) bool { _, ours := env[name]; return ours })
		for _, name := range slices.Sorted(maps.Keys(env)) {
			proxy = pod.WithEnv(proxy, name, env[name])
		}
		// What the steps after this one append stands there already when a pod is
		// injected again, and must come out where it was.
		for _, name := range []string{pod.PrometheusVariable, pod.ProbersVariable} {
			proxy = pod.EnvToEnd(proxy, name)
		}
		return proxy
	})
}

// statusOf is annotation sidecar.istio.io/status: what the templates put in, so
// that another injection can tell it from what the user wrote.
func statusOf(template *tree.Value, extra ...tree.Member) *tree.Value {
	names := func(items []*tree.Value) *tree.Value {
		if len(items) == 0 {
			return tree.NewNull()
		}
		return tree.NewStrings(pod.Names(items))
	}
	return tree.NewObject(append([]tree.Member{
		{Key: "initContainers", Value: names(pod.List(template, "initContainers"))},
		{Key: "containers", Value: names(pod.List(template, "containers"))},
		{Key: "volumes", Value: names(template.Get("spec", "volumes").Items())},
		{Key: "imagePullSecrets", Value: names(template.Get("spec", "imagePullSecrets").Items())},
	}, extra...)...)
}

// orderContainers puts the containers of the mesh where they have to start.
func orderContainers(p *tree.Value, proxyFirst bool) *tree.Value {
	containers := pod.List(p, "containers")
	if proxyFirst {
		containers = pod.MoveFirst(containers, pod.ProxyContainer)
	} else {
		// kubectl's commands mean the first container where none is named, which
		// should be the user's.
		containers = pod.MoveLast(containers, pod.ProxyContainer)
	}
	p = pod.WithList(p, "containers", containers)

	inits := pod.List(p, "initContainers")
	if pod.Index(inits, pod.ProxyContainer) >= 0 {
		// The proxy runs from here on, so what comes after it can use the mesh.
		for _, name := range []string{pod.CoreDumpContainer, pod.ProxyContainer, pod.ValidationContainer, pod.InitContainer} {
			inits = pod.MoveFirst(inits, name)
		}
	} else {
		// Redirection comes last: no proxy serves the init containers. Validation
		// comes first, to stop them where redirection failed.
		inits = pod.MoveFirst(inits, pod.ValidationContainer)
		inits = pod.MoveLast(inits, pod.InitContainer)
		inits = pod.MoveLast(inits, pod.CoreDumpContainer)
	}
	return pod.WithList(p, "initContainers", inits)
}
