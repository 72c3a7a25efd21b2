package podmerge

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// toleratesSomething is for a toleration.
func toleratesSomething(v *tree.Value) (where, why string) {
	operator := v.Get("operator").Text()
	switch {
	case !isSet(v.Get("key")) && operator != "Exists":
		return "operator", "without a key it has to be Exists; set that, or a key"
	case operator == "Exists" && isSet(v.Get("value")):
		return "value", "operator Exists has none; remove it"
	case isSet(v.Get("tolerationSeconds")) && v.Get("effect").Text() != "NoExecute":
		return "tolerationSeconds", "only effect NoExecute has them; remove them, or set that effect"
	}
	return "", ""
}

// valuesFitOperator is for a requirement of a selector.
func valuesFitOperator(v *tree.Value) (where, why string) {
	operator, n := v.Get("operator").Text(), v.Get("values").Len()
	switch {
	case (operator == "In" || operator == "NotIn") && n == 0:
		return "values", fmt.Sprintf("they are missing, and operator %s wants some; set them", operator)
	case (operator == "Exists" || operator == "DoesNotExist") && n > 0:
		return "values", fmt.Sprintf("operator %s has none; remove them", operator)
	case (operator == "Gt" || operator == "Lt") && n != 1:
		return "values", fmt.Sprintf("operator %s wants one; leave one", operator)
	}
	return "", ""
}

// domainsAreWanted is for a constraint of how pods are spread.
func domainsAreWanted(v *tree.Value) (where, why string) {
	if isSet(v.Get("minDomains")) && v.Get("whenUnsatisfiable").Text() != "DoNotSchedule" {
		return "minDomains", "only whenUnsatisfiable DoNotSchedule has them; remove them, or set that"
	}
	return "", ""
}
