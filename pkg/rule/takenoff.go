package rule

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TakenOff is what of a pod, beside containers, is not there any more, or is another.
type TakenOff struct {
	// What is "labels", "annotations", "volumes", "pull secrets", or "fields" of the rest
	// of the spec.
	What string
	// Gone are the names of those that are not there any more, PutBack of those that have
	// another value.
	Gone, PutBack []string
}

// TakenOffOf compares an injected pod with the one that came of it. What injection
// leaves for itself is not counted.
func TakenOffOf(injected, back *tree.Value) []TakenOff {
	var all []TakenOff
	add := func(what string, compare func(*TakenOff)) {
		off := TakenOff{What: what}
		compare(&off)
		slices.Sort(off.Gone)
		slices.Sort(off.PutBack)
		if len(off.Gone)+len(off.PutBack) > 0 {
			all = append(all, off)
		}
	}
	for _, kind := range []string{"labels", "annotations"} {
		add(kind, func(off *TakenOff) {
			off.members(injected.Get("metadata", kind), back.Get("metadata", kind), "", injectors)
		})
	}
	for _, list := range []struct{ what, key string }{{"volumes", "volumes"}, {"pull secrets", "imagePullSecrets"}} {
		add(list.what, func(off *TakenOff) {
			found := pod.FinderOf(pod.List(back, list.key))
			left := map[string]int{}
			for _, name := range pod.Names(pod.List(back, list.key)) {
				left[name]++
			}
			for _, item := range pod.List(injected, list.key) {
				name := item.Get("name").Text()
				left[name]--
				switch now := found.Find(name); {
				case left[name] < 0:
					off.Gone = append(off.Gone, name)
				case !tree.Equal(now, item):
					off.PutBack = append(off.PutBack, name)
				}
			}
		})
	}
	add("fields", func(off *TakenOff) {
		off.members(injected.Get("spec"), back.Get("spec"), "", append(slices.Clone(pod.ContainerLists), "volumes", "imagePullSecrets"))
	})
	return all
}

// members compares those of two objects, but for some.
func (off *TakenOff) members(injected, back *tree.Value, path string, but []string) {
	left := lookup{object: back}
	for _, m := range injected.Members() {
		switch now := left.get(m.Key); {
		case slices.Contains(but, m.Key):
		case m.Value.Kind() == tree.Object && m.Value.Len() > 0:
			off.members(m.Value, now, path+m.Key+".", nil)
		case now == nil:
			off.Gone = append(off.Gone, path+m.Key)
		case !tree.Equal(now, m.Value):
			off.PutBack = append(off.PutBack, path+m.Key)
		}
	}
}
