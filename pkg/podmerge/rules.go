package podmerge

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A rule says which member or element of a value is wrong, and why; nothing where
// all is right. Where may be empty for the value as a whole.
type rule func(v *tree.Value) (where, why string)

// distinct is for lists of which no two elements may have the same value of a field.
func distinct(field string) rule {
	return func(v *tree.Value) (where, why string) {
		items := v.Items()
		if len(items) < 2 {
			return "", ""
		}
		seen := make(map[string]bool, len(items))
		for _, item := range items {
			text := item.Get(field).Text()
			if text != "" && seen[text] {
				return "", fmt.Sprintf("two of it have the %s %s", field, tree.Extract(text))
			}
			seen[text] = true
		}
		return "", ""
	}
}

func succeedsOnce(probe *tree.Value) (where, why string) {
	if n, ok := probe.Get("successThreshold").Int(); ok && n > 1 {
		return "successThreshold", fmt.Sprintf("it has to be 1 here, not %d", n)
	}
	return "", ""
}

func hasNoGracePeriod(probe *tree.Value) (where, why string) {
	if isSet(probe.Get("terminationGracePeriodSeconds")) {
		return "terminationGracePeriodSeconds", "a readiness probe, which ends nothing, has none"
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
		return "allowPrivilegeEscalation", "it cannot be false where privileged is true"
	}
	if slices.ContainsFunc(v.Get("capabilities", "add").Items(), func(c *tree.Value) bool { return c.Text() == "CAP_SYS_ADMIN" }) {
		return "allowPrivilegeEscalation", "it cannot be false where capability CAP_SYS_ADMIN is added"
	}
	return "", ""
}

// profileFitsType is for profiles of which those of type Localhost are named.
func profileFitsType(v *tree.Value) (where, why string) {
	local, named := v.Get("type").Text() == "Localhost", isSet(v.Get("localhostProfile"))
	switch {
	case local && !named:
		return "localhostProfile", "it is missing, and type Localhost wants it"
	case named && !local:
		return "localhostProfile", "only type Localhost has it"
	}
	return "", ""
}

// requestsFitLimits is for resources: quantities are none below zero, and a request
// is at most its limit. Of what is not shared by containers it is just that.
func requestsFitLimits(v *tree.Value) (where, why string) {
	limits := v.Get("limits")
	shared := false
	for _, list := range []string{"limits", "requests"} {
		for _, m := range v.Get(list).Members() {
			shared = shared || m.Key == "cpu" || m.Key == "memory"
			amount, err := quantity(m.Value)
			if err != nil {
				continue // its own field says so
			}
			switch {
			case amount.Sign() < 0:
				return list, fmt.Sprintf("%s is %s, which is below zero", m.Key, m.Value.Text())
			case !resourceName(m.Key):
				return list, fmt.Sprintf("%s is no resource of a container", tree.Extract(m.Key))
			case list == "limits":
				continue
			}
			limit, err := quantity(limits.Get(m.Key))
			switch {
			case err != nil:
			case limits.Get(m.Key) == nil:
				if !overcommitted(m.Key) {
					return "limits", fmt.Sprintf("%s is requested, which takes the same limit", m.Key)
				}
			case amount.Cmp(limit) > 0:
				return list, fmt.Sprintf("%s of %s is above the limit of %s", m.Value.Text(), m.Key, limits.Get(m.Key).Text())
			case amount.Cmp(limit) < 0 && !overcommitted(m.Key):
				return list, fmt.Sprintf("%s of %s is not the limit, %s, as it has to be", m.Value.Text(), m.Key, limits.Get(m.Key).Text())
			}
		}
	}
	return "", ""
}

func quantity(v *tree.Value) (resource.Quantity, error) {
	if v.Text() == "" {
		return resource.Quantity{}, nil
	}
	return resource.ParseQuantity(v.Text())
}

// overcommitted says that containers may ask for more of a resource than there is.
func overcommitted(name string) bool {
	return !strings.HasPrefix(name, "hugepages-") && (!strings.Contains(name, "/") || strings.Contains(name, "kubernetes.io/"))
}

func resourceName(name string) bool {
	switch name {
	case "cpu", "memory", "ephemeral-storage":
		return true
	}
	return strings.HasPrefix(name, "hugepages-") || strings.Contains(name, "/") && !strings.HasPrefix(name, "requests.") && annotationKey(name) == nil
}

// annotationsFit is for annotations, which have a size together.
func annotationsFit(v *tree.Value) (where, why string) {
	size := 0
	for _, m := range v.Members() {
		size += len(m.Key) + len(m.Value.Text())
	}
	if size > apivalidation.TotalAnnotationSizeLimitB {
		return "", fmt.Sprintf("they are %d bytes long together, and Kubernetes takes %d", size, apivalidation.TotalAnnotationSizeLimitB)
	}
	return "", ""
}
