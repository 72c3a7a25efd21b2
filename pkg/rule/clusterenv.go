package rule

import (
	"maps"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ClusterEnv tells the proxy its cluster and network: variables at the end of its
// environment, by name. It reads the URL of the call, the values
// global.multiCluster.clusterName and global.network, and label
// topology.istio.io/network (spec: injection.md section 4).
type ClusterEnv struct{}

// Name implements Rule.
func (ClusterEnv) Name() string { return "cluster-env" }

// Apply implements Rule.
func (ClusterEnv) Apply(p *tree.Value, f *Facts) (*tree.Value, error) {
	env := f.clusterEnv()
	if len(env) == 0 {
		return p, nil
	}
	return pod.UpdateProxy(p, func(proxy *tree.Value) *tree.Value {
		proxy = pod.WithoutEnv(proxy, func(name string) bool { _, ours := env[name]; return ours })
		variables := slices.Clone(proxy.Get("env").Items())
		for _, name := range slices.Sorted(maps.Keys(env)) {
			variables = append(variables, pod.Variable(name, env[name]))
		}
		proxy = proxy.With("env", tree.NewArray(variables...))
		// What the rules after this one append stands there already when a pod is
		// injected again, and must come out where it was.
		for _, name := range []string{pod.PrometheusVariable, pod.ProbersVariable} {
			proxy = pod.EnvToEnd(proxy, name)
		}
		return proxy
	}), nil
}

// clusterEnv is what the URL says, then the values, and of the network before both
// the pod's label.
func (f *Facts) clusterEnv() map[string]string {
	env := maps.Clone(f.Env)
	if env == nil {
		env = map[string]string{}
	}
	if cluster := f.Values.Text("global", "multiCluster", "clusterName"); cluster != "" && env[pod.ClusterVariable] == "" {
		env[pod.ClusterVariable] = cluster
	}
	if network := f.network(); network != "" {
		env[pod.NetworkVariable] = network
	}
	return env
}

// network is the pod's own, the URL's or that of the values; empty where nobody says.
func (f *Facts) network() string {
	if network := pod.Labels(f.Original).Value(pod.NetworkLabel); network != "" {
		return network
	}
	if network := f.Env[pod.NetworkVariable]; network != "" {
		return network
	}
	return f.Values.Text("global", "network")
}

// Revert takes the variables off a proxy that is all the workload's own: from one
// that the templates have they go with it.
func (ClusterEnv) Revert(r *Removal) {
	r.cleanOwnProxy(func(name, path string) bool {
		if name != pod.ClusterVariable && name != pod.NetworkVariable {
			return false
		}
		r.doubt(path, "injection sets it and it was taken off, but the workload may have had it too")
		return true
	})
}
