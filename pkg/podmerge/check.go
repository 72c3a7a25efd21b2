package podmerge

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outrigger-io/outrigger/internal/spelling"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// maxFaults is how many faults people are told of one pod.
const maxFaults = 8

// Result is an injected pod to be checked.
type Result struct {
	// Before is the pod as it came, After what injection made of it.
	Before, After *tree.Value
	// VolumesElsewhere says that the workload has volumes of its own beside those of
	// its pods' template, which containers may mount.
	VolumesElsewhere bool
}

// Faults returns what Kubernetes would refuse of what injection added or changed.
// The pod's own faults are the API server's to tell.
func (r Result) Faults() []*Fault {
	c := &checker{Result: r, own: containersOf(r.Before), at: make(trail, 0, deep)}
	c.value(Pod(), r.Before, r.After)
	c.lists()
	return c.faults
}

type checker struct {
	Result
	at      trail
	own     containers  // of the pod before
	volumes *pod.Finder // of the pod after; nil until it is asked for
	faults  []*Fault
}

// fault notes what is wrong here, or further on.
func (c *checker) fault(on []Step, format string, args ...any) *Fault {
	if len(c.faults) >= maxFaults {
		return &Fault{} // of which nobody is told
	}
	f := &Fault{Path: c.at.path(on...), Why: fmt.Sprintf(format, args...)}
	c.faults = append(c.faults, f)
	return f
}

// value checks what became of a value.
func (c *checker) value(s *Schema, before, after *tree.Value) {
	if before == after || s == nil || after.Kind() == tree.Null || s.kind == fieldAny {
		return
	}
	if !s.holds(after) {
		if before == nil || !tree.Equal(before, after) {
			c.fault(nil, "%s", s.wanted(after))
		}
		return
	}
	switch s.kind {
	case fieldObject:
		c.object(s, before, after)
	case fieldMap:
		c.mapping(s, before, after)
	case fieldList:
		c.list(s, before, after)
	default:
		if before == nil || !tree.Equal(before, after) {
			c.scalar(s, after)
		}
	}
	if s.limits != nil && s.limits.rule != nil {
		c.rule(s.limits.rule, before, after)
	}
}

// whereIs reads what a rule says is wrong: a member, or an element of one, as in
// containers[app].
func whereIs(where string) []Step {
	member, element, ok := strings.Cut(where, "[")
	switch {
	case where == "":
		return nil
	case ok:
		return append(fields(member), Step{strings.TrimSuffix(element, "]"), stepElement})
	default:
		return fields(member)
	}
}

// rule checks a value by a rule, which it may break as far as it did before.
func (c *checker) rule(r rule, before, after *tree.Value) {
	where, why := r(after)
	if why == "" {
		return
	}
	if before != nil {
		if _, old := r(before); old != "" {
			return
		}
	}
	c.fault(whereIs(where), "%s", why)
}

func (c *checker) object(s *Schema, before, after *tree.Value) {
	old := before.Edit()
	for _, m := range after.Members() {
		field, was := s.fields.get(m.Key), old.Get(m.Key)
		if m.Value == was {
			continue
		}
		if field == nil {
			if (was == nil || !tree.Equal(was, m.Value)) && len(c.faults) < maxFaults {
				c.fault(fields(m.Key), "%s", s.noSuchField(m.Key))
			}
			continue
		}
		c.at.field(m.Key)
		c.value(field, was, m.Value)
		c.at.back()
	}
	for _, name := range s.required {
		if unset(after.Get(name)) && (before == nil || !unset(before.Get(name))) {
			c.fault(fields(name), "it is missing; set it").OfLists = s.isContainer()
		}
	}
	for i := range s.unions {
		c.union(&s.unions[i], before, after)
	}
}

func unset(v *tree.Value) bool {
	return !isSet(v) || v.Kind() == tree.Array && v.Len() == 0
}

func (s *Schema) noSuchField(name string) string {
	const why = "Kubernetes has no such field; "
	if near := spelling.Nearest(name, s.fields.names()); near != "" {
		return why + "the nearest is " + strconv.Quote(near)
	}
	return why + "remove it"
}

func (c *checker) union(u *union, before, after *tree.Value) {
	if u.tag != "" {
		return
	}
	set := u.count(after)
	tooMany, tooFew := set > 1, set == 0 && u.required
	if !tooMany && !tooFew {
		return
	}
	if old := u.count(before); before != nil && (tooMany && old > 1 || tooFew && old == 0) {
		return
	}
	if tooMany {
		c.fault(nil, "%s are set, and one of them may be; remove the others", strings.Join(u.set(after), " and "))
	} else {
		c.fault(nil, "none of %s is set, and one has to be; set one", strings.Join(u.fields, ", "))
	}
}

func (c *checker) mapping(s *Schema, before, after *tree.Value) {
	was := before.Edit()
	for _, m := range after.Members() {
		old := was.Get(m.Key)
		if old != nil && (old == m.Value || tree.Equal(old, m.Value)) {
			continue
		}
		c.at.key(m.Key)
		if s.limits != nil && s.limits.key != nil && old == nil {
			c.text(s.limits.key, "the key ", m.Key)
		}
		c.placeholders(m.Key)
		c.value(s.elem, old, m.Value)
		if s.limits != nil && s.limits.value != nil {
			c.text(s.limits.value, "the value ", m.Value.Text())
		}
		c.at.back()
	}
}

func (c *checker) list(s *Schema, before, after *tree.Value) {
	old := before.Items()
	if slices.Equal(old, after.Items()) {
		return
	}
	ofContainers := s.elem.isContainer()
	others := pod.FinderBy(s.mergeKey, old)
	for i, item := range after.Items() {
		var was *tree.Value
		name := item.Get(s.mergeKey).Text()
		switch {
		case i < len(old) && old[i] == item:
			continue
		case ofContainers:
			was, _ = c.own.find(name)
		case s.mergeKey == "" || i < len(old) && old[i].Get(s.mergeKey).Text() == name:
			if i < len(old) {
				was = old[i]
			}
		default:
			was = others.Find(name)
		}
		if was == item {
			continue
		}
		c.at.element(elementName(item, s.mergeKey, i))
		c.value(s.elem, was, item)
		if ofContainers {
			c.container(was, item)
		}
		c.at.back()
	}
}

func (c *checker) scalar(s *Schema, v *tree.Value) {
	if v.Kind() == tree.String {
		c.placeholders(v.Text())
		if s.words != nil && v.Text() != "" && !slices.Contains(s.words, v.Text()) {
			c.fault(nil, "%s is none of %s", tree.Describe(v), strings.Join(s.words, ", "))
		}
	}
	if s.limits == nil {
		return
	}
	if n, ok := v.Int(); ok && s.limits.bounded && (n < s.limits.low || n > s.limits.high) {
		c.fault(nil, "%d is not from %d to %d", n, s.limits.low, s.limits.high)
	}
	if text, ok := v.Str(); ok && text != "" && s.limits.text != nil {
		c.text(s.limits.text, "", text)
	}
}

func (c *checker) text(check func(string) []string, what, text string) {
	if problems := check(text); len(problems) > 0 {
		// What examples and expressions Kubernetes adds say no more.
		problem, _, _ := strings.Cut(problems[0], " (e.g.")
		c.fault(nil, "%s%s: %s", what, tree.Extract(text), problem)
	}
}

// placeholders are what Go's templates write where there is no value.
func (c *checker) placeholders(text string) {
	if strings.IndexByte(text, '<') < 0 { // as nearly always
		return
	}
	for _, nothing := range []string{"<no value>", "<nil>"} {
		if strings.Contains(text, nothing) {
			c.fault(nil, "%q stands in it: what the template wrote there has no value; give it one, or a default in the template", nothing)
		}
	}
}

// container checks a container against the pod that it is in.
func (c *checker) container(before, after *tree.Value) {
	if !c.VolumesElsewhere {
		c.mounts(before, after)
	}
	if c.at[len(c.at)-2].Name != "initContainers" || after.Get("restartPolicy").Text() == "Always" {
		return
	}
	if slices.ContainsFunc(after.Get("resizePolicy").Items(), restarts) && !slices.ContainsFunc(before.Get("resizePolicy").Items(), restarts) {
		c.fault(fields("resizePolicy"), "an init container without restartPolicy Always is not restarted for it; remove it, or set that")
	}
	_, list := c.own.find(keyByName(after))
	had := list == "initContainers" && before.Get("restartPolicy").Text() != "Always"
	for _, field := range []string{"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"} {
		if isSet(after.Get(field)) && !(had && isSet(before.Get(field))) {
			c.fault(fields(field), "an init container without restartPolicy Always has none; remove it, or set that")
		}
	}
}

// restarts says that a container is restarted for another amount of a resource.
func restarts(resize *tree.Value) bool {
	return resize.Get("restartPolicy").Text() == "RestartContainer"
}

// mounts checks that what a container mounts is there.
func (c *checker) mounts(before, after *tree.Value) {
	for _, list := range []string{"volumeMounts", "volumeDevices"} {
		mounts := after.Get(list)
		if mounts == before.Get(list) {
			continue
		}
		own := pod.FinderOf(before.Get(list).Items())
		for i, m := range mounts.Items() {
			name := m.Get("name").Text()
			if name == "" || c.hasVolume(name) {
				continue
			}
			if own.Find(name) == nil {
				key := Pod().At("spec", "containers").Field(list).mergeKey
				c.fault([]Step{{list, stepField}, {elementName(m, key, i), stepElement}, {"name", stepField}}, "the pod has no volume %s; add it, or remove the mount", tree.Extract(name))
			}
		}
	}
}

func (c *checker) hasVolume(name string) bool {
	if c.volumes == nil {
		volumes := pod.FinderOf(pod.List(c.After, "volumes"))
		c.volumes = &volumes
	}
	return c.volumes.Find(name) != nil
}

// lists checks which containers and volumes the pod has.
func (c *checker) lists() {
	if len(pod.List(c.After, "containers")) == 0 && len(pod.List(c.Before, "containers")) > 0 {
		c.fault(fields("spec", "containers"), "only the proxy is left, among the init containers, and Kubernetes wants an ordinary container; "+
			"a gateway, which is a proxy and nothing else, says so by annotation %s: gateway", pod.TemplatesKey).OfLists = true
	}
	count, list := c.twice(containerLists...)
	for _, name := range sortedKeys(count) {
		c.fault(append(fields("spec", list[name]), Step{name, stepElement}), "the pod has another container of that name, among its %s; rename one of them", strings.Join(count[name], " and ")).OfLists = true
	}
	volumes, _ := c.twice("volumes")
	for _, name := range sortedKeys(volumes) {
		c.fault(append(fields("spec", "volumes"), Step{name, stepElement}), "the pod has two volumes of that name; rename one of them")
	}
}

func sortedKeys(m map[string][]string) []string {
	if len(m) == 0 { // almost always
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}

// containerLists are all lists of containers: a name may stand in one of them, once.
var containerLists = []string{"containers", "initContainers", "ephemeralContainers"}

// twice finds the names that stand twice in lists of the pod, and did not before: in
// which lists they stand first, and in which at last.
func (c *checker) twice(lists ...string) (others map[string][]string, last map[string]string) {
	unchanged, allDiffer := true, true
	var names nameSet
	for _, list := range lists {
		after := pod.List(c.After, list)
		unchanged = unchanged && slices.Equal(pod.List(c.Before, list), after)
		for _, item := range after {
			allDiffer = names.add(keyByName(item)) && allDiffer
		}
	}
	if unchanged || allDiffer {
		return nil, nil
	}
	each := func(p *tree.Value, do func(name, list string)) {
		for _, list := range lists {
			for _, item := range pod.List(p, list) {
				do(keyByName(item), list)
			}
		}
	}
	standing := map[string]int{}
	each(c.After, func(name, _ string) { standing[name]++ })
	maps.DeleteFunc(standing, func(_ string, times int) bool { return times == 1 })
	before := map[string]int{}
	each(c.Before, func(name, _ string) {
		if standing[name] > 0 {
			before[name]++
		}
	})
	others, last = map[string][]string{}, map[string]string{}
	each(c.After, func(name, list string) {
		if standing[name] == 0 || before[name] > 1 {
			return
		}
		if earlier, ok := last[name]; ok {
			others[name] = append(others[name], earlier)
		}
		last[name] = list
	})
	return others, last
}
