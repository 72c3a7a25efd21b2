package podmerge

import (
	"fmt"
	"iter"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// requestsFitLimits is for resources: quantities are none below zero, and a request
// is at most its limit. Of what is not shared by containers it is just that.
func requestsFitLimits(v *tree.Value) (where, why string) {
	limits := v.Get("limits").Edit()
	for _, list := range []string{"limits", "requests"} {
		for _, m := range v.Get(list).Members() {
			amount, err := quantity(m.Value)
			if err != nil {
				continue // its own field says so
			}
			switch {
			case amount.Sign() < 0:
				return list, fmt.Sprintf("%s is %s, which is below zero; set 0 or more", m.Key, m.Value.Text())
			case !resourceName(m.Key):
				return list, fmt.Sprintf("%s is no resource of a container; cpu, memory, ephemeral-storage, huge pages and names with a domain are", tree.Extract(m.Key))
			case resourceIsExtended(m.Key) && amount.MilliValue()%1000 != 0:
				return list, fmt.Sprintf("%s is %s, and it has whole units; set a whole number", m.Key, m.Value.Text())
			case !pagesAreWhole(m.Key, amount):
				return list, fmt.Sprintf("%s is %s, which is not whole pages; set a multiple of their size", m.Key, m.Value.Text())
			case list == "limits":
				continue
			}
			limit, err := quantity(limits.Get(m.Key))
			switch {
			case err != nil:
			case limits.Get(m.Key) == nil:
				if !overcommitted(m.Key) {
					return "limits", fmt.Sprintf("%s is requested, which takes the same limit; set it too", m.Key)
				}
			case amount.Cmp(limit) > 0:
				return list, fmt.Sprintf("%s of %s is above the limit of %s; say a request of at most that, or a higher limit", m.Value.Text(), m.Key, limits.Get(m.Key).Text())
			case amount.Cmp(limit) < 0 && !overcommitted(m.Key):
				return list, fmt.Sprintf("%s of %s is not the limit, %s, as it has to be; set both alike", m.Value.Text(), m.Key, limits.Get(m.Key).Text())
			}
		}
	}
	return pagesHaveCompany(v)
}

// resourceIsExtended says that a resource is a device or the like, of which there are so
// many.
func resourceIsExtended(name string) bool {
	return strings.Contains(name, "/") && !strings.Contains(name, "kubernetes.io/")
}

// pagesAreWhole says that an amount is a number of huge pages, where it is of those.
func pagesAreWhole(name string, amount resource.Quantity) bool {
	size, ok := strings.CutPrefix(name, "hugepages-")
	if !ok {
		return true
	}
	page, err := resource.ParseQuantity(size)
	return err == nil && page.Sign() > 0 && amount.Value()%page.Value() == 0
}

// pagesHaveCompany says that huge pages do not come alone.
func pagesHaveCompany(v *tree.Value) (where, why string) {
	pages, others := "", false
	for _, list := range []string{"limits", "requests"} {
		for _, m := range v.Get(list).Members() {
			if strings.HasPrefix(m.Key, "hugepages-") {
				pages = list
			}
			others = others || m.Key == "cpu" || m.Key == "memory"
		}
	}
	if pages != "" && !others {
		return pages, "huge pages are taken together with cpu or memory only; set one of these too"
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

// containersFitPod is for the spec of a pod that has resources as a whole: no
// container's limit is above the pod's, nor what they request together.
func containersFitPod(spec *tree.Value) (where, why string) {
	whole := spec.Get("resources")
	if whole.Len() == 0 {
		return "", ""
	}
	wholes := whole.Get("limits").Edit()
	for _, list := range pod.ContainerLists {
		for _, c := range spec.Get(list).Items() {
			for _, m := range c.Get("resources", "limits").Members() {
				most := wholes.Get(m.Key)
				limit, errA := quantity(m.Value)
				bound, errB := quantity(most)
				if most != nil && errA == nil && errB == nil && limit.Cmp(bound) > 0 {
					return "resources", fmt.Sprintf("container %s has a limit of %s of %s, and the pod as a whole of %s; lower the one, or raise the other", keyByName(c), m.Value.Text(), m.Key, most.Text())
				}
			}
		}
	}
	requests := requestedTogether(spec)
	for _, bound := range []string{"requests", "limits"} {
		for _, m := range whole.Get(bound).Members() {
			most, err := quantity(m.Value)
			if together := requests[m.Key].most(); err == nil && together.Cmp(most) > 0 {
				return "resources", fmt.Sprintf("the containers request %s of %s together, and the pod as a whole has %s of %s; annotations such as sidecar.istio.io/proxyCPU say what the proxy requests",
					together.String(), m.Key, bound, m.Value.Text())
			}
		}
	}
	return "", ""
}

// together is how much of a resource a pod's containers request at one time: all that
// run, or an init container beside the sidecars that were started before it.
type together struct{ running, peak resource.Quantity }

func (t *together) most() resource.Quantity {
	switch {
	case t == nil:
		return resource.Quantity{}
	case t.peak.Cmp(t.running) > 0:
		return t.peak
	default:
		return t.running
	}
}

// requestedTogether is that of each resource.
func requestedTogether(spec *tree.Value) map[string]*together {
	all := map[string]*together{}
	of := func(name string) *together {
		if all[name] == nil {
			all[name] = &together{}
		}
		return all[name]
	}
	for _, c := range spec.Get("initContainers").Items() {
		goesOn := c.Get("restartPolicy").Text() == "Always"
		for name, own := range requested(c) {
			t := of(name)
			own.Add(t.running)
			if goesOn {
				t.running = own.DeepCopy()
			}
			if own.Cmp(t.peak) > 0 {
				t.peak = own
			}
		}
	}
	for _, c := range spec.Get("containers").Items() {
		for name, own := range requested(c) {
			of(name).running.Add(own)
		}
	}
	return all
}

// requested are a container's requests, each of which is its limit where it says none.
func requested(c *tree.Value) iter.Seq2[string, resource.Quantity] {
	return func(yield func(string, resource.Quantity) bool) {
		requests := c.Get("resources", "requests").Edit()
		for _, list := range []string{"requests", "limits"} {
			for _, m := range c.Get("resources", list).Members() {
				if list == "limits" && requests.Get(m.Key) != nil {
					continue
				}
				if amount, err := quantity(m.Value); err == nil && !yield(m.Key, amount) {
					return
				}
			}
		}
	}
}
