package inject

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Names that injection knows containers by.
const (
	proxyContainer      = "istio-proxy"
	initContainer       = "istio-init"
	validationContainer = "istio-validation"
	coreDumpContainer   = "enable-core-dump"
)

// The two lists of a pod's spec that hold containers.
var containerLists = []string{"initContainers", "containers"}

// specList is a list of a pod's spec: its containers, volumes, pull secrets.
func specList(pod *tree.Value, list string) []*tree.Value { return pod.Get("spec", list).Items() }

func indexNamed(items []*tree.Value, name string) int {
	return slices.IndexFunc(items, func(item *tree.Value) bool { return item.Get("name").Text() == name })
}

func findNamed(items []*tree.Value, name string) *tree.Value {
	if i := indexNamed(items, name); i >= 0 {
		return items[i]
	}
	return nil
}

func withSpecList(pod *tree.Value, list string, items []*tree.Value) *tree.Value {
	if slices.Equal(items, specList(pod, list)) {
		return pod
	}
	return pod.WithAt(tree.NewArray(items...), "spec", list)
}

func withSpecItem(pod *tree.Value, list string, i int, item *tree.Value) *tree.Value {
	items := slices.Clone(specList(pod, list))
	items[i] = item
	return withSpecList(pod, list, items)
}

// findProxy returns where the proxy is, among the containers or, as a native
// sidecar, among the init containers.
func findProxy(pod *tree.Value) (list string, i int, proxy *tree.Value) {
	for _, list := range containerLists {
		containers := specList(pod, list)
		if i := indexNamed(containers, proxyContainer); i >= 0 {
			return list, i, containers[i]
		}
	}
	return "", -1, nil
}

// updateProxy changes the proxy's container, where there is one.
func updateProxy(pod *tree.Value, change func(*tree.Value) *tree.Value) *tree.Value {
	list, i, proxy := findProxy(pod)
	if proxy == nil {
		return pod
	}
	return withSpecItem(pod, list, i, change(proxy))
}

// withEnv appends a variable to a container's environment.
func withEnv(container *tree.Value, name, value string) *tree.Value {
	variable := tree.NewObject(
		tree.Member{Key: "name", Value: tree.NewString(name)},
		tree.Member{Key: "value", Value: tree.NewString(value)})
	return container.With("env", tree.NewArray(append(slices.Clone(container.Get("env").Items()), variable)...))
}

func withoutEnv(container *tree.Value, drop func(name string) bool) *tree.Value {
	env := container.Get("env").Items()
	kept := slices.DeleteFunc(slices.Clone(env), func(e *tree.Value) bool { return drop(e.Get("name").Text()) })
	if len(kept) == len(env) {
		return container
	}
	return container.With("env", tree.NewArray(kept...))
}

// envToEnd moves a variable that is there to the end of the environment.
func envToEnd(container *tree.Value, name string) *tree.Value {
	env := container.Get("env").Items()
	moved := moveLast(env, name)
	if slices.Equal(env, moved) {
		return container
	}
	return container.With("env", tree.NewArray(moved...))
}

// namesOf lists the names of named objects.
func namesOf(items []*tree.Value) []string {
	var names []string
	for _, item := range items {
		names = append(names, item.Get("name").Text())
	}
	return names
}

// moveFirst and moveLast put the element of that name at that end of the list.
func moveFirst(items []*tree.Value, name string) []*tree.Value {
	i := indexNamed(items, name)
	if i <= 0 {
		return items
	}
	return append([]*tree.Value{items[i]}, slices.Delete(slices.Clone(items), i, i+1)...)
}

func moveLast(items []*tree.Value, name string) []*tree.Value {
	i := indexNamed(items, name)
	if i < 0 || i == len(items)-1 {
		return items
	}
	return append(slices.Delete(slices.Clone(items), i, i+1), items[i])
}
