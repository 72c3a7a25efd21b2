package inject

import (
	"maps"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// setClusterEnv gives the proxy the variables that the webhook's URL and the
// values say of cluster and network, at the end of its environment, by name.
func setClusterEnv(pod *tree.Value, env map[string]string) *tree.Value {
	if len(env) == 0 {
		return pod
	}
	return updateProxy(pod, func(proxy *tree.Value) *tree.Value {
		proxy = withoutEnv(proxy, func(name string) bool { _, ours := env[name]; return ours })
		for _, name := range slices.Sorted(maps.Keys(env)) {
			proxy = withEnv(proxy, name, env[name])
		}
		// What the steps after this one append stands there already when a pod is
		// injected again, and must come out where it was.
		for _, name := range []string{prometheusVariable, probersVariable} {
			proxy = envToEnd(proxy, name)
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
		return tree.NewStrings(namesOf(items))
	}
	return tree.NewObject(append([]tree.Member{
		{Key: "initContainers", Value: names(specList(template, "initContainers"))},
		{Key: "containers", Value: names(specList(template, "containers"))},
		{Key: "volumes", Value: names(template.Get("spec", "volumes").Items())},
		{Key: "imagePullSecrets", Value: names(template.Get("spec", "imagePullSecrets").Items())},
	}, extra...)...)
}

// orderContainers puts the containers of the mesh where they have to start.
func orderContainers(pod *tree.Value, proxyFirst bool) *tree.Value {
	containers := specList(pod, "containers")
	if proxyFirst {
		containers = moveFirst(containers, proxyContainer)
	} else {
		// kubectl's commands mean the first container where none is named, which
		// should be the user's.
		containers = moveLast(containers, proxyContainer)
	}
	pod = withSpecList(pod, "containers", containers)

	inits := specList(pod, "initContainers")
	if indexNamed(inits, proxyContainer) >= 0 {
		// The proxy runs from here on, so what comes after it can use the mesh.
		for _, name := range []string{coreDumpContainer, proxyContainer, validationContainer, initContainer} {
			inits = moveFirst(inits, name)
		}
	} else {
		// Redirection comes last: no proxy serves the init containers. Validation
		// comes first, to stop them where redirection failed.
		inits = moveFirst(inits, validationContainer)
		inits = moveLast(inits, initContainer)
		inits = moveLast(inits, coreDumpContainer)
	}
	return withSpecList(pod, "initContainers", inits)
}
