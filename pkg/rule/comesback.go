package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// comesBack says that nothing of an injected pod can be taken for something else, as in most
// pods: they are told so without taking the injection off for a trial. Of some of which
// that is so it does not say it.
func (f *Facts) comesBack(injected *tree.Value) bool {
	return f.Came == f.Original && f.metadataComesBack(injected) && f.specComesBack()
}

// metadataComesBack says that the workload has no label or annotation that injection deals
// with, and that it gets none but those that are known by their values.
func (f *Facts) metadataComesBack(injected *tree.Value) bool {
	kinds := []string{"labels", "annotations"}
	for _, kind := range kinds {
		if slices.ContainsFunc(f.Original.Get("metadata", kind).Members(), func(m tree.Member) bool { return mayBeInjections(m.Key) }) {
			return false
		}
	}
	revision := cmp.Or(f.Revision, defaultRevision)
	labels := givenLabels(pod.Labels(injected), f.Workload.Name, revision)
	for _, kind := range kinds {
		known := lookup{object: f.Original.Get("metadata", kind)}
		for _, m := range injected.Get("metadata", kind).Members() {
			if own := known.get(m.Key); own != nil && own.Text() == m.Value.Text() {
				continue
			}
			if kind == "labels" && !isGiven(labels, m) || kind == "annotations" && !f.isGivenAnnotation(m, revision) {
				return false
			}
		}
	}
	return true
}

func mayBeInjections(key string) bool {
	switch key {
	case pod.DefaultContainerKey, pod.DefaultLogsKey, pod.NetworksKey:
		return true
	}
	return strings.Contains(key, "istio.io/") || strings.Contains(key, "prometheus")
}

func (f *Facts) isGivenAnnotation(m tree.Member, revision string) bool {
	switch value := m.Value.Text(); m.Key {
	case pod.RevisionKey:
		return value == revision
	case pod.DefaultContainerKey, pod.DefaultLogsKey:
		return value == firstContainer(f.Original)
	case "prometheus.io/path":
		return value == mergedPath
	case "prometheus.io/scrape":
		return value == mergedScrape
	case "prometheus.io/port", pod.StatusKey:
		return true
	}
	return false
}

// specComesBack says that the templates write lists alone, with no element of a name that the
// workload has, and that probes come back as they are.
func (f *Facts) specComesBack() bool {
	for _, m := range f.Template.Get("spec").Members() {
		if !slices.Contains(statusLists, m.Key) {
			return false
		}
	}
	spec := f.Original.Get("spec")
	if spec.Get("dnsConfig") != nil || spec.Get("securityContext", "fsGroup") != nil || spec.Get("securityContext", "sysctls") != nil {
		return false
	}
	own := map[string]bool{} // whatever has them
	for _, list := range statusLists {
		for _, item := range pod.List(f.Original, list) {
			own[item.Get("name").Text()] = true
		}
	}
	mounted := mountedBy(f.Original)
	for _, list := range statusLists {
		for _, item := range pod.List(f.Template, list) {
			name := item.Get("name").Text()
			if _, inUse := mounted[name]; own[name] || inUse {
				return false
			}
		}
	}
	for _, list := range pod.ContainerLists {
		if slices.ContainsFunc(pod.List(f.Original, list), func(c *tree.Value) bool { return !containerComesBack(c) }) {
			return false
		}
	}
	return true
}

// containerComesBack says that a container is none of the mesh's, and that the ports of its
// probes are named as taking the injection off names them.
func containerComesBack(c *tree.Value) bool {
	switch c.Get("name").Text() {
	case pod.ProxyContainer, pod.InitContainer, pod.ValidationContainer, pod.CoreDumpContainer:
		return false
	}
	for _, h := range handlers {
		probe := c.Get(h.keys...)
		if strings.HasPrefix(probe.Get("httpGet", "path").Text(), "/app-") {
			return false // which may be the agent's
		}
		for _, action := range networkActions {
			port := probe.Get(action, "port")
			number, ok := portNumber(c, port)
			if name := portName(c, tree.NewInt(number)); ok && name != "" && action != "grpc" && port.Text() != name {
				return false
			}
		}
	}
	return true
}
