package rule

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"istio.io/api/annotation"

	"github.com/outrigger-io/outrigger/internal/spelling"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// domains are those whose annotations are for the injector alone.
var domains = []string{
	"sidecar.istio.io", "inject.istio.io", "proxy.istio.io", "traffic.sidecar.istio.io", "status.sidecar.istio.io",
	"readiness.status.sidecar.istio.io", "prometheus.istio.io",
}

// ownAnnotations are read by the injector or written by it, and not in the mesh's list.
var ownAnnotations = []string{pod.NativeSidecarKey, targetsKey, securePortKey, "readiness.status.sidecar.istio.io/applicationPorts"}

var knownAnnotations = sync.OnceValue(func() []string {
	known := slices.Clone(ownAnnotations)
	for _, a := range annotation.AllResourceAnnotations() {
		known = append(known, a.Name)
	}
	return known
})

// ofDomains are the known names behind the injector's domains, with the whole of each.
var ofDomains = sync.OnceValue(func() map[string][]string {
	names := map[string][]string{}
	for _, key := range knownAnnotations() {
		if _, name, _ := strings.Cut(key, "/"); forInjector(key) {
			names[name] = append(names[name], key)
		}
	}
	return names
})

// maxUnread is how many annotations that nothing reads are named.
const maxUnread = 16

// unreadAnnotations are those that nobody reads, which mostly are misspelt.
func unreadAnnotations(p *tree.Value, reads func(key string) bool) []string {
	var warnings []string
	for _, m := range pod.Annotations(p).Members() {
		meant := ""
		if !forInjector(m.Key) {
			if meant = inItsDomain(m.Key); meant == "" {
				continue
			}
		}
		if slices.Contains(knownAnnotations(), m.Key) || reads(m.Key) {
			continue
		}
		if len(warnings) == maxUnread {
			return append(warnings, "more annotations of the mesh are read by nothing")
		}
		text := fmt.Sprintf("annotation %s: nothing reads it", m.Key)
		if meant == "" {
			meant = spelling.Nearest(m.Key, knownAnnotations())
		}
		if meant != "" {
			text += "; did you mean " + meant + "?"
		}
		warnings = append(warnings, text)
	}
	return warnings
}

// inItsDomain is what a key whose domain is misspelt was meant to be, empty where it is
// not misspelt, or is somebody else's.
func inItsDomain(key string) string {
	domain, name, _ := strings.Cut(key, "/")
	for _, meant := range ofDomains()[name] {
		its, _, _ := strings.Cut(meant, "/")
		if spelling.Nearest(domain, []string{its}) != "" && !slices.Contains(knownAnnotations(), key) {
			return meant
		}
	}
	return ""
}

// unreadLabels are those that only the injector would read, and that it does not: it
// reads one label of its domains.
func unreadLabels(p *tree.Value, reads func(key string) bool) []string {
	var warnings []string
	for _, m := range pod.Labels(p).Members() {
		misspelt := inItsDomain(m.Key) == pod.InjectKey
		if !misspelt && !forInjector(m.Key) || m.Key == pod.InjectKey || reads(m.Key) {
			continue
		}
		if len(warnings) == maxUnread {
			return append(warnings, "more labels of the mesh are read by nothing")
		}
		text := fmt.Sprintf("label %s: nothing reads it", m.Key)
		switch {
		case slices.Contains(knownAnnotations(), m.Key):
			text += "; as an annotation it would be"
		case misspelt || spelling.Nearest(m.Key, []string{pod.InjectKey}) != "":
			text += "; did you mean " + pod.InjectKey + "?"
		}
		warnings = append(warnings, text)
	}
	return warnings
}
