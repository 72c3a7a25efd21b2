package inject

import (
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// restoreHandlers puts back the probes and lifecycle hooks that injection pointed
// at the proxy's agent, from the variable that tells the agent about them.
func (r *removal) restoreHandlers() {
	probers := map[string]*tree.Value{}
	for _, m := range oldProbers(r.proxy) {
		probers[m.Key] = m.Value
	}
	for _, list := range pod.ContainerLists {
		for i, c := range pod.List(r.pod, list) {
			name := c.Get("name").Text()
			if name == pod.ProxyContainer {
				continue
			}
			for _, h := range handlers {
				c = r.restoreHandler(c, h, probers[h.path(name)], "spec."+list+"["+name+"]."+strings.Join(h.keys, "."))
			}
			r.pod = pod.WithItem(r.pod, list, i, c)
		}
	}
}

func (r *removal) restoreHandler(c *tree.Value, h handler, prober *tree.Value, path string) *tree.Value {
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
	if name := portName(c, action.Get("port")); name != "" {
		// Who names a port mostly calls it by its name.
		r.note(path+"."+kind+".port", "it was %s or that port's name, %q; the name is put back", action.Get("port").Text(), name)
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

// cleanOwnProxy takes the variables that injection sets off a proxy that is all
// the workload's own: the templates that the workload asked for have none.
func (r *removal) cleanOwnProxy() {
	if r.status.Get("revision") == nil { // the 1.0 line sets none
		return
	}
	for _, list := range pod.ContainerLists {
		if pod.ListsName(r.status.Get(list), pod.ProxyContainer) {
			return
		}
	}
	list, _, _ := pod.FindProxy(r.pod)
	r.pod = pod.UpdateProxy(r.pod, func(proxy *tree.Value) *tree.Value {
		cleaned := pod.WithoutEnv(proxy, func(name string) bool {
			if name == pod.ClusterVariable || name == pod.NetworkVariable {
				r.note("spec."+list+"["+pod.ProxyContainer+"].env["+name+"]", "injection sets it and it was taken off, but the workload may have had it too")
				return true
			}
			return name == pod.ProbersVariable || name == pod.PrometheusVariable
		})
		if cleaned.Get("env").Len() == 0 {
			cleaned = cleaned.Without("env")
		}
		return cleaned
	})
}

// The values that send Prometheus to the proxy's agent.
const (
	mergedPath   = "/stats/prometheus"
	mergedScrape = "true"
)

func mergedPrometheus(p *tree.Value) bool {
	return prometheusAnnotation(p, pathAnnotation) == mergedPath && prometheusAnnotation(p, scrapeAnnotation) == mergedScrape
}

// restorePrometheus puts back what said where the application's metrics are, from
// the variable that tells the agent. Whatever the keys were written like, they
// come back as prometheus.io has them.
func (r *removal) restorePrometheus() {
	if !mergedPrometheus(r.pod) {
		return
	}
	own, err := tree.Parse([]byte(pod.Find(r.proxy.Get("env").Items(), pod.PrometheusVariable).Get("value").Text()))
	if err != nil {
		own = nil
	}
	for _, m := range pod.Annotations(r.pod).Members() {
		key, ok := strings.CutPrefix(sanitised(m.Key), "prometheus_io_")
		if !ok || key != "scrape" && key != "port" && key != "path" {
			continue
		}
		if before := own.Get(key).Text(); before != "" {
			r.pod = pod.WithAnnotation(r.pod, m.Key, before)
		} else {
			r.drop("metadata", "annotations", m.Key)
		}
	}
}

// defaultStatusPort is the agent's in every mesh that says nothing else.
const defaultStatusPort = "15020"

// injectedStatusPort tells the port that injection took the agent to listen on.
func injectedStatusPort(p *tree.Value) string {
	if port, ok := pod.Annotations(p).Get(pod.StatusPortKey); ok {
		return port
	}
	if port := prometheusAnnotation(p, portAnnotation); port != "" && mergedPrometheus(p) {
		return port
	}
	return defaultStatusPort
}
