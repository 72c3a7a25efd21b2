package rule

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ofOtherKind returns the pod as if an earlier injection had made the kind of sidecar
// that the templates make now, native or ordinary; nil where it did. Of the earlier
// sidecar nothing is left but what the workload itself says of it, and what its agent
// was told of the application, of which the pod has no other trace.
//
// To an application that has had containers added since, an ordinary sidecar counts as
// the workload's own, as it does for istiod.
func ofOtherKind(p, template *tree.Value) *tree.Value {
	from, _, proxy := pod.FindProxy(p)
	to, _, made := pod.FindProxy(template)
	status := StatusOf(p)
	if proxy == nil || made == nil || from == to || !pod.ListsName(status.Get(from), pod.ProxyContainer) {
		return nil
	}
	if from == "containers" && grewSince(p, proxy) {
		return nil
	}
	p = pod.WithAnnotation(p, pod.StatusKey, string(renamedTo(status, from, to).JSON()))
	own := tree.NewObject(tree.Member{Key: "name", Value: tree.NewString(pod.ProxyContainer)})
	if remembered, _ := pod.Overrides(p); remembered != nil {
		if found := pod.Find(remembered.Get(from).Items(), pod.ProxyContainer); found != nil {
			own = found
			p = pod.WithAnnotation(p, pod.OverridesKey, string(movedTo(remembered, from, to).JSON()))
		}
	}
	own = pod.WithoutEnv(own, isAgents)
	for _, e := range proxy.Get("env").Items() {
		if name := e.Get("name").Text(); isAgents(name) {
			own = pod.WithEnv(own, name, e.Get("value").Text())
		}
	}
	if to != homeOf(own) {
		own = own.Without("restartPolicy").Without("restartPolicyRules") // which is of its own kind
	}
	p = withListOrNone(p, from, without(pod.List(p, from), pod.ProxyContainer))
	return pod.WithList(p, to, append(slices.Clone(pod.List(p, to)), own))
}

// isAgents says that injection tells the agent by a variable of the name what it took
// off the application.
func isAgents(variable string) bool {
	return variable == pod.ProbersVariable || variable == pod.PrometheusVariable
}

// grewSince says whether the pod has containers that its proxy was not told of.
func grewSince(p, proxy *tree.Value) bool {
	told := pod.Find(proxy.Get("env").Items(), "ISTIO_META_APP_CONTAINERS")
	if told == nil {
		return false
	}
	known := strings.Split(told.Get("value").Text(), ",")
	return slices.ContainsFunc(pod.List(p, "containers"), func(c *tree.Value) bool {
		name := c.Get("name").Text()
		return name != pod.ProxyContainer && !slices.Contains(known, name)
	})
}

// renamedTo has the proxy's name in another list of a status.
func renamedTo(status *tree.Value, from, to string) *tree.Value {
	names := func(list string) []string { return statusNames(status, list) }
	left := slices.DeleteFunc(names(from), func(name string) bool { return name == pod.ProxyContainer })
	return status.With(from, tree.NewStrings(left)).With(to, tree.NewStrings(append(names(to), pod.ProxyContainer)))
}

// movedTo has the proxy in another list of the remembered containers.
func movedTo(remembered *tree.Value, from, to string) *tree.Value {
	items := remembered.Get(from).Items()
	proxy := pod.Find(items, pod.ProxyContainer)
	if left := without(items, pod.ProxyContainer); len(left) > 0 {
		remembered = remembered.With(from, tree.NewArray(left...))
	} else {
		remembered = remembered.Without(from)
	}
	return remembered.With(to, tree.NewArray(append(slices.Clone(remembered.Get(to).Items()), proxy)...))
}

func without(items []*tree.Value, name string) []*tree.Value {
	return slices.DeleteFunc(slices.Clone(items), func(item *tree.Value) bool { return item.Get("name").Text() == name })
}
