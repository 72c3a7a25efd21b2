package podmerge

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// inList says that an element of a list of the spec is what is wrong.
func inList(list string, c *tree.Value) string { return list + "[" + keyByName(c) + "]" }

// addedLater is for ephemeral containers.
func addedLater(list *tree.Value) (where, why string) {
	if list.Len() > 0 {
		return "", "they are added to pods that run, and no pod is created with any; remove them"
	}
	return "", ""
}

// usualGrace is how many seconds a pod has to end that says none.
const usualGrace = 30

// hooksEndInTime is for the spec of a pod, whose containers may sleep before they end.
func hooksEndInTime(spec *tree.Value) (where, why string) {
	grace, ok := spec.Get("terminationGracePeriodSeconds").Int()
	if !ok {
		grace = usualGrace
	}
	for _, list := range pod.ContainerLists {
		for _, c := range spec.Get(list).Items() {
			for _, hook := range c.Get("lifecycle").Members() {
				if seconds, ok := hook.Value.Get("sleep", "seconds").Int(); ok && seconds > grace {
					return inList(list, c), fmt.Sprintf("its %s sleeps for %d seconds, longer than the %d of terminationGracePeriodSeconds; shorten the one, or raise the other", hook.Key, seconds, grace)
				}
			}
		}
	}
	return "", ""
}

// unmaskedHasUsers is for the spec of a pod, one of whose containers may see all of /proc.
func unmaskedHasUsers(spec *tree.Value) (where, why string) {
	if users := spec.Get("hostUsers"); users.Kind() == tree.Bool && !users.True() {
		return "", ""
	}
	for _, list := range pod.ContainerLists {
		for _, c := range spec.Get(list).Items() {
			if c.Get("securityContext", "procMount").Text() == "Unmasked" {
				return inList(list, c), "its procMount is Unmasked, which takes hostUsers: false; set that, or another procMount"
			}
		}
	}
	return "", ""
}

// namesOfNone is for the spec of a pod that asks no one for names but whom it says.
func namesOfNone(spec *tree.Value) (where, why string) {
	if spec.Get("dnsPolicy").Text() == "None" && spec.Get("dnsConfig", "nameservers").Len() == 0 {
		return "dnsPolicy", "None takes nameservers in dnsConfig; add some, or set another policy"
	}
	return "", ""
}

// processesShared is for the spec of a pod, which sees its own processes or the host's.
func processesShared(spec *tree.Value) (where, why string) {
	if spec.Get("hostPID").True() && spec.Get("shareProcessNamespace").True() {
		return "shareProcessNamespace", "it cannot be true where hostPID is; change one of the two"
	}
	return "", ""
}

// rulesHavePolicy is for a container.
func rulesHavePolicy(c *tree.Value) (where, why string) {
	if c.Get("restartPolicyRules").Len() > 0 && !isSet(c.Get("restartPolicy")) {
		return "restartPolicy", "it is missing, and restartPolicyRules want it; set it"
	}
	return "", ""
}

// ofPods is for the resources of a pod as a whole.
func ofPods(v *tree.Value) (where, why string) {
	if v.Get("claims").Len() > 0 {
		return "claims", "a pod as a whole has none; its containers have; move them there"
	}
	for _, list := range []string{"limits", "requests"} {
		for _, m := range v.Get(list).Members() {
			if overcommitted(m.Key) && m.Key != "cpu" && m.Key != "memory" || resourceIsExtended(m.Key) {
				return list, fmt.Sprintf("%s is no resource of a pod as a whole: cpu, memory and huge pages are", tree.Extract(m.Key))
			}
		}
	}
	return requestsFitLimits(v)
}
