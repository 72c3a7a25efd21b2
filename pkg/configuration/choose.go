package configuration

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// wanted is the revision that a ConfigMap has to be of, once that is known.
type wanted struct {
	revision string
	known    bool
	// by says who wants it: "--revision asks for".
	by string
}

// choose finds the ConfigMap with a key that is of the revision. Without one, the
// only revision there is counts, and of several the default one.
func choose(f *file, key string, from []*configMap, w wanted) (*configMap, error) {
	list := having(from, key)
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no ConfigMap in it has the key %q", f.name, key)
	}
	list = likely(list, key)
	if !w.known {
		revisions := revisionsOf(list)
		switch {
		case len(revisions) == 1:
			w.revision, w.known = revisions[0], true
		case slices.Contains(revisions, ""):
			w.known = true
		case len(revisions) > 1:
			return nil, fmt.Errorf("%s: there are ConfigMaps of several revisions in it (%s), and none of the default one: choose by --revision", f.name, strings.Join(revisions, ", "))
		}
	}
	if w.known {
		matching := ofRevision(list, w.revision)
		if len(matching) == 0 {
			return nil, otherRevision(f, list, w)
		}
		list = matching
	}
	if usual := filter(list, func(m *configMap) bool { return m.isUsual(key) }); len(usual) > 0 {
		list = usual
	}
	for _, m := range list[1:] {
		if !tree.Equal(m.data, list[0].data) {
			return nil, ambiguous(f, key, list[0], m)
		}
	}
	return list[0], nil
}

func having(list []*configMap, key string) []*configMap {
	return filter(list, func(m *configMap) bool { return m.has(key) })
}

// likely leaves out the ConfigMaps that have nothing to do with injection, unless
// nothing else is there.
func likely(list []*configMap, key string) []*configMap {
	some := filter(list, func(m *configMap) bool {
		return m.isUsual(key) || key == keyConfig && m.isInjector()
	})
	if len(some) == 0 {
		return list
	}
	return some
}

// ofRevision lists those of a revision: by what says it first, else by anything
// that says it, else, where nothing is known of any, all of them.
func ofRevision(list []*configMap, revision string) []*configMap {
	for _, is := range []func(*configMap) bool{
		func(m *configMap) bool { return m.known && sameRevision(m.revision, revision) },
		func(m *configMap) bool { return m.claimed(revision) },
		func(*configMap) bool { return len(revisionsOf(list)) == 0 },
	} {
		if some := filter(list, is); len(some) > 0 {
			return some
		}
	}
	return nil
}

// besideInjector lists the ConfigMaps in the namespace of the injector's. Some of a
// file's have no namespace: whoever applies it says it.
func besideInjector(f *file, injector *configMap) ([]*configMap, error) {
	beside := filter(f.maps, func(m *configMap) bool {
		return m.has(keyMesh) && (m.namespace == injector.namespace || m.namespace == "" || injector.namespace == "")
	})
	if len(beside) == 0 {
		return nil, fmt.Errorf("%s has no mesh configuration beside it: %s is in another namespace, so of another mesh; name the right one with --mesh-config-file", injector.origin(), having(f.maps, keyMesh)[0].title())
	}
	return beside, nil
}

func otherRevision(f *file, list []*configMap, w wanted) error {
	if len(list) == 1 {
		return fmt.Errorf("%s is of %s, and %s %s", list[0].origin(), describeRevision(list[0].revision), w.by, describeRevision(w.revision))
	}
	var all []string
	for _, m := range list {
		all = append(all, m.title()+" of "+describeRevision(m.revision))
	}
	return fmt.Errorf("%s: it has %s, and %s %s", f.name, strings.Join(all, ", "), w.by, describeRevision(w.revision))
}

func ambiguous(f *file, key string, a, b *configMap) error {
	if a.title() == b.title() {
		return fmt.Errorf("%s: %s stands in it twice, and not alike", f.name, a.title())
	}
	return fmt.Errorf("%s: both %s and %s have the key %q, and nothing says which one is meant", f.name, a.title(), b.title(), key)
}

// revisionsOf lists the revisions that are known, sorted, the default one as "".
func revisionsOf(list []*configMap) []string {
	var revisions []string
	for _, m := range list {
		if m.known {
			revisions = append(revisions, m.revision)
		}
	}
	slices.Sort(revisions)
	return slices.Compact(revisions)
}

func filter(list []*configMap, keep func(*configMap) bool) []*configMap {
	var kept []*configMap
	for _, m := range list {
		if keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}
