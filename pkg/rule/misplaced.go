package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Misplaced are warnings of what a workload says to the injector in its own metadata,
// where nobody reads it, and not in that of its pod template: labels and annotations are
// the names that it has, p is the template's pod, and at is where its metadata is.
func Misplaced(p []byte, at string, labels, annotations []string) ([]string, error) {
	labels = slices.DeleteFunc(slices.Clone(labels), func(key string) bool { return key != pod.InjectKey })
	annotations = slices.DeleteFunc(slices.Clone(annotations), func(key string) bool { return !forInjector(key) })
	if len(labels)+len(annotations) == 0 {
		return nil, nil
	}
	template, err := tree.Parse(p)
	if err != nil {
		return nil, err
	}
	var warnings []string
	warn := func(kind, key string, has bool) {
		if !has {
			warnings = append(warnings, fmt.Sprintf("%s %s: nothing reads it in the workload's own metadata; it belongs into %s.%ss", kind, key, at, kind))
		}
	}
	for _, key := range labels {
		_, has := pod.Labels(template).Get(key)
		warn("label", key, has)
	}
	for _, key := range annotations {
		_, has := pod.Annotations(template).Get(key)
		warn("annotation", key, has)
	}
	return warnings, nil
}

// forInjector says whether an annotation is one that only the injector reads.
func forInjector(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return slices.Contains(domains, domain)
}
