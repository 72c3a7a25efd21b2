package podmerge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Fields of the pod that the variables of its containers, and files, can tell.
var (
	fieldsOfFiles     = []string{"metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"}
	fieldsOfVariables = []string{
		"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
		"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
	}
)

// fieldIn is for a reference to a field of the pod: one of those, a label or an annotation.
func fieldIn(known ...string) rule {
	return func(v *tree.Value) (where, why string) {
		if version := v.Get("apiVersion").Text(); version != "" && version != "v1" {
			return "apiVersion", "pods are of v1; set that"
		}
		path := v.Get("fieldPath").Text()
		if of, key, ok := strings.Cut(path, "['"); ok && strings.HasSuffix(key, "']") {
			key = strings.TrimSuffix(key, "']")
			check := annotationKey
			switch of {
			case "metadata.labels":
				check = checkQualifiedName
			case "metadata.annotations":
			default:
				return "fieldPath", fmt.Sprintf("%s has no members that have names; remove what is in brackets", of)
			}
			if problems := check(key); len(problems) > 0 {
				return "fieldPath", fmt.Sprintf("%s is no key, such as app or example.com/app; correct it", tree.Extract(key))
			}
			return "", ""
		}
		if path != "" && !slices.Contains(known, path) {
			return "fieldPath", fmt.Sprintf("%s is none of %s, a label or an annotation such as metadata.labels['app']", tree.Extract(path), strings.Join(known, ", "))
		}
		return "", ""
	}
}

// saysContainer is for a volume's reference to resources, which are some container's.
func saysContainer(v *tree.Value) (where, why string) {
	if v.Len() > 0 && !isSet(v.Get("containerName")) {
		return "containerName", "it is missing: a volume has to say whose resources are meant; set it"
	}
	return "", ""
}

// divisorFits is for a reference to a resource.
func divisorFits(v *tree.Value) (where, why string) {
	divisor, err := quantity(v.Get("divisor"))
	if err != nil || divisor.IsZero() {
		return "", ""
	}
	units := []string{"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"}
	if strings.HasSuffix(v.Get("resource").Text(), ".cpu") {
		units = []string{"1m", "1"}
	}
	for _, unit := range units {
		if one, _ := quantity(tree.NewString(unit)); one.Cmp(divisor) == 0 {
			return "", ""
		}
	}
	return "divisor", fmt.Sprintf("%s is none of %s", v.Get("divisor").Text(), strings.Join(units, ", "))
}

// claimsAreThere is for the spec of a pod, whose containers use its claims.
func claimsAreThere(spec *tree.Value) (where, why string) {
	var claims map[string]int
	for _, list := range []string{"initContainers", "containers"} {
		for _, c := range spec.Get(list).Items() {
			for _, claim := range c.Get("resources", "claims").Items() {
				if claims == nil {
					claims = positions(spec.Get("resourceClaims").Items(), keyByName)
				}
				if _, ok := claims[keyByName(claim)]; !ok {
					return inList(list, c), fmt.Sprintf("it uses the claim %s, and the pod has none of that name; add it to resourceClaims", tree.Extract(keyByName(claim)))
				}
			}
		}
	}
	return "", ""
}
