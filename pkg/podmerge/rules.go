package podmerge

import (
	"cmp"
	"fmt"
	"slices"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A rule says which member of a value is wrong, or which element of one, as in
// containers[app], and why; nothing where all is right. Where may be empty for the value
// as a whole.
type rule func(v *tree.Value) (where, why string)

// distinct is for lists of which no two elements may have the same value of a field.
func distinct(field string) rule {
	return func(v *tree.Value) (where, why string) {
		var seen nameSet
		for _, item := range v.Items() {
			if text := item.Get(field).Text(); text != "" && !seen.add(text) {
				return "", fmt.Sprintf("two of it have the %s %s; change one of them", field, tree.Extract(text))
			}
		}
		return "", ""
	}
}

// firstOf is the first of some rules that is broken.
func firstOf(rules ...rule) rule {
	return func(v *tree.Value) (where, why string) {
		for _, r := range rules {
			if where, why = r(v); why != "" {
				break
			}
		}
		return where, why
	}
}

// hostPortsDiffer is for the spec of a pod, whose containers have the node's ports
// each for itself.
func hostPortsDiffer(spec *tree.Value) (where, why string) {
	owner := map[string]string{}
	for _, c := range spec.Get("containers").Items() {
		if why := takeHostPorts(c, owner); why != "" {
			return "containers", why
		}
	}
	for _, c := range spec.Get("initContainers").Items() {
		// Of these Kubernetes looks at each by itself.
		if why := takeHostPorts(c, map[string]string{}); why != "" {
			return inList("initContainers", c), why
		}
	}
	return "", ""
}

// takeHostPorts notes the owner of each of the host's ports of a container, unless one
// of them has one.
func takeHostPorts(c *tree.Value, owner map[string]string) (why string) {
	for _, p := range c.Get("ports").Items() {
		port := p.Get("hostPort").Text()
		if port == "" || port == "0" {
			continue
		}
		key := port + "/" + p.Get("hostIP").Text() + "/" + cmp.Or(p.Get("protocol").Text(), "TCP")
		if other, taken := owner[key]; taken {
			return fmt.Sprintf("%s and %s both have the host's port %s; change one of them", other, keyByName(c), port)
		}
		owner[key] = keyByName(c)
	}
	return ""
}

// mountedOneWay is for a container, which has a volume either as files or as a device.
func mountedOneWay(c *tree.Value) (where, why string) {
	devices := c.Get("volumeDevices").Items()
	if len(devices) == 0 {
		return "", ""
	}
	names, paths := positions(devices, keyByName), positions(devices, func(d *tree.Value) string { return d.Get("devicePath").Text() })
	for _, m := range c.Get("volumeMounts").Items() {
		_, name := names[keyByName(m)]
		_, path := paths[m.Get("mountPath").Text()]
		if name || path {
			return "volumeDevices", fmt.Sprintf("volume %s at %s is mounted too; remove one of the two", tree.Extract(keyByName(m)), tree.Extract(m.Get("mountPath").Text()))
		}
	}
	return "", ""
}

func succeedsOnce(probe *tree.Value) (where, why string) {
	if n, ok := probe.Get("successThreshold").Int(); ok && n > 1 {
		return "successThreshold", fmt.Sprintf("it has to be 1 here, not %d", n)
	}
	return "", ""
}

func hasNoGracePeriod(probe *tree.Value) (where, why string) {
	if isSet(probe.Get("terminationGracePeriodSeconds")) {
		return "terminationGracePeriodSeconds", "a readiness probe, which ends nothing, has none; remove it"
	}
	return "", ""
}

// privilegesAgree is for a container's securityContext.
func privilegesAgree(v *tree.Value) (where, why string) {
	escalation := v.Get("allowPrivilegeEscalation")
	if escalation.Kind() != tree.Bool || escalation.True() {
		return "", ""
	}
	if v.Get("privileged").True() {
		return "allowPrivilegeEscalation", "it cannot be false where privileged is true; change one of the two"
	}
	if slices.ContainsFunc(v.Get("capabilities", "add").Items(), func(c *tree.Value) bool { return c.Text() == "CAP_SYS_ADMIN" }) {
		return "allowPrivilegeEscalation", "it cannot be false where capability CAP_SYS_ADMIN is added; change one of the two"
	}
	return "", ""
}

// profileFitsType is for profiles of which those of type Localhost are named.
func profileFitsType(v *tree.Value) (where, why string) {
	local, named := v.Get("type").Text() == "Localhost", isSet(v.Get("localhostProfile"))
	switch {
	case local && !named:
		return "localhostProfile", "it is missing, and type Localhost wants it; set it, or another type"
	case named && !local:
		return "localhostProfile", "only type Localhost has it; remove it, or set that type"
	}
	return "", ""
}

// annotationsFit is for annotations, which have a size together.
func annotationsFit(v *tree.Value) (where, why string) {
	size := 0
	for _, m := range v.Members() {
		size += len(m.Key) + len(m.Value.Text())
	}
	if size > apivalidation.TotalAnnotationSizeLimitB {
		return "", fmt.Sprintf("they are %d bytes long together, and Kubernetes takes %d; shorten or remove some", size, apivalidation.TotalAnnotationSizeLimitB)
	}
	return "", ""
}
