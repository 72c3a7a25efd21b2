package pod

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Names that injection knows containers by.
const (
	ProxyContainer      = "istio-proxy"
	InitContainer       = "istio-init"
	ValidationContainer = "istio-validation"
	CoreDumpContainer   = "enable-core-dump"
)

// The two lists of a pod's spec that hold containers.
var ContainerLists = []string{"initContainers", "containers"}

// List is a list of a pod's spec: its containers, volumes, pull secrets.
func List(p *tree.Value, list string) []*tree.Value { return p.Get("spec", list).Items() }

func Index(items []*tree.Value, name string) int {
	return slices.IndexFunc(items, func(item *tree.Value) bool { return item.Get("name").Text() == name })
}

func Find(items []*tree.Value, name string) *tree.Value {
	if i := Index(items, name); i >= 0 {
		return items[i]
	}
	return nil
}

// LastIndex is where the last element of that name is, -1 for none.
func LastIndex(items []*tree.Value, name string) int {
	for i, item := range slices.Backward(items) {
		if item.Get("name").Text() == name {
			return i
		}
	}
	return -1
}

func WithList(p *tree.Value, list string, items []*tree.Value) *tree.Value {
	if slices.Equal(items, List(p, list)) {
		return p
	}
	return p.WithAt(tree.NewArray(items...), "spec", list)
}

// WithEach changes each element of a list.
func WithEach(p *tree.Value, list string, change func(*tree.Value) *tree.Value) *tree.Value {
	items := p.Get("spec", list)
	if changed := items.MapItems(change); changed != items {
		return p.WithAt(changed, "spec", list)
	}
	return p
}

func WithItem(p *tree.Value, list string, i int, item *tree.Value) *tree.Value {
	items := slices.Clone(List(p, list))
	items[i] = item
	return WithList(p, list, items)
}

// FindProxy returns where the proxy is, among the containers or, as a native
// sidecar, among the init containers.
func FindProxy(p *tree.Value) (list string, i int, proxy *tree.Value) {
	for _, list := range ContainerLists {
		containers := List(p, list)
		if i := Index(containers, ProxyContainer); i >= 0 {
			return list, i, containers[i]
		}
	}
	return "", -1, nil
}

// UpdateProxy changes the proxy's container, where there is one.
func UpdateProxy(p *tree.Value, change func(*tree.Value) *tree.Value) *tree.Value {
	list, i, proxy := FindProxy(p)
	if proxy == nil {
		return p
	}
	return WithItem(p, list, i, change(proxy))
}

// Variable is one of a container's environment.
func Variable(name, value string) *tree.Value {
	return tree.NewObject(
		tree.Member{Key: "name", Value: tree.NewString(name)},
		tree.Member{Key: "value", Value: tree.NewString(value)})
}

// WithEnv appends a variable to a container's environment.
func WithEnv(container *tree.Value, name, value string) *tree.Value {
	return container.With("env", tree.NewArray(append(slices.Clone(container.Get("env").Items()), Variable(name, value))...))
}

func WithoutEnv(container *tree.Value, drop func(name string) bool) *tree.Value {
	env := container.Get("env").Items()
	kept := slices.DeleteFunc(slices.Clone(env), func(e *tree.Value) bool { return drop(e.Get("name").Text()) })
	if len(kept) == len(env) {
		return container
	}
	return container.With("env", tree.NewArray(kept...))
}

// EnvToEnd moves a variable that is there to the end of the environment.
func EnvToEnd(container *tree.Value, name string) *tree.Value {
	env := container.Get("env").Items()
	moved := MoveLast(env, name)
	if slices.Equal(env, moved) {
		return container
	}
	return container.With("env", tree.NewArray(moved...))
}

// Names lists the names of named objects.
func Names(items []*tree.Value) []string {
	if len(items) == 0 {
		return nil
	}
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.Get("name").Text()
	}
	return names
}

// NameValues lists them as they stand there.
func NameValues(items []*tree.Value) *tree.Value {
	names := make([]*tree.Value, len(items))
	for i, item := range items {
		if names[i] = item.Get("name"); names[i].Kind() != tree.String {
			names[i] = tree.NewString(names[i].Text())
		}
	}
	return tree.NewArray(names...)
}

// MoveFirst and moveLast put the element of that name at that end of the list.
func MoveFirst(items []*tree.Value, name string) []*tree.Value {
	i := Index(items, name)
	if i <= 0 {
		return items
	}
	return append([]*tree.Value{items[i]}, slices.Delete(slices.Clone(items), i, i+1)...)
}

func MoveLast(items []*tree.Value, name string) []*tree.Value {
	i := Index(items, name)
	if i < 0 || i == len(items)-1 {
		return items
	}
	return append(slices.Delete(slices.Clone(items), i, i+1), items[i])
}

// WithoutNamed takes the elements with the given names off a list of the spec.
func WithoutNamed(p *tree.Value, list string, names *tree.Value) *tree.Value {
	if names.Len() == 0 {
		return p
	}
	named := CountNames(names)
	kept := slices.DeleteFunc(slices.Clone(List(p, list)), func(c *tree.Value) bool {
		return named[c.Get("name").Text()] > 0
	})
	return WithList(p, list, kept)
}
