package rule

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Checks are the annotations whose values are checked before anything is rendered, each
// with what says what is wrong with a value.
type Checks map[string]func(value string) error

// CurrentChecks are those of formats with several templates, from 1.9 on (spec:
// injection.md section 3). Annotation proxy.istio.io/config is checked where the mesh's
// own ProxyConfig is known.
var CurrentChecks = Checks{
	pod.InterceptionKey: oneOf("REDIRECT", "TPROXY", "NONE"),
	pod.StatusPortKey:   checkPort,
	"readiness.status.sidecar.istio.io/initialDelaySeconds": checkUint32,
	"readiness.status.sidecar.istio.io/periodSeconds":       checkUint32,
	"readiness.status.sidecar.istio.io/failureThreshold":    checkUint32,
	"traffic.sidecar.istio.io/includeOutboundIPRanges":      allOr("*", checkCIDR),
	"traffic.sidecar.istio.io/excludeOutboundIPRanges":      list(checkCIDR),
	"traffic.sidecar.istio.io/includeInboundPorts":          allOr("*", trimmed(checkPort)),
	"traffic.sidecar.istio.io/excludeInboundPorts":          list(trimmed(checkPort)),
	"traffic.sidecar.istio.io/includeOutboundPorts":         allOr("*", trimmed(checkPort)),
	"traffic.sidecar.istio.io/excludeOutboundPorts":         list(trimmed(checkPort)),
	"traffic.sidecar.istio.io/excludeInterfaces":            list(checkInterface),
	"traffic.sidecar.istio.io/kubevirtInterfaces":           list(checkInterface),
	"istio.io/reroute-virtual-interfaces":                   list(checkInterface),
	pod.MergeMetricsKey:                                     checkBool,
	"sidecar.istio.io/proxyCPU":                             checkQuantity,
	"sidecar.istio.io/proxyCPULimit":                        checkQuantity,
	"sidecar.istio.io/proxyMemory":                          checkQuantity,
	"sidecar.istio.io/proxyMemoryLimit":                     checkQuantity,
	"sidecar.istio.io/bootstrapOverride":                    checkConfigMap,
	pod.OverridesKey:                                        checkOverrides,
	userVolumeKey:                                           checkUserVolumes,
	userVolumeMountKey:                                      checkUserMounts,
}

// V1Checks are those of the 1.0 line (spec: v1.0.md).
var V1Checks = Checks{
	pod.InterceptionKey: oneOf("REDIRECT", "TPROXY"),
	pod.StatusPortKey:   checkPort,
	"readiness.status.sidecar.istio.io/initialDelaySeconds": checkUint32,
	"readiness.status.sidecar.istio.io/periodSeconds":       checkUint32,
	"readiness.status.sidecar.istio.io/failureThreshold":    checkUint32,
	"readiness.status.sidecar.istio.io/applicationPorts":    allOr("*", trimmed(checkPort)),
	"traffic.sidecar.istio.io/includeOutboundIPRanges":      allOr("*", checkCIDR),
	"traffic.sidecar.istio.io/excludeOutboundIPRanges":      list(checkCIDR),
	"traffic.sidecar.istio.io/includeInboundPorts":          allOr("*", trimmed(checkPort)),
	"traffic.sidecar.istio.io/excludeInboundPorts":          list(trimmed(checkPort)),
}

// documentKeys are the annotations that are meant to hold whole documents, and
// so line breaks.
var documentKeys = []string{
	pod.ProxyConfigKey, pod.OverridesKey, pod.StatusKey,
	userVolumeKey, userVolumeMountKey,
}

// CheckAnnotations says which annotations of a pod have values that cannot be used,
// naming all of them.
func CheckAnnotations(p *tree.Value, checks Checks) error {
	var errs []error
	for _, m := range pod.Annotations(p).Members() {
		if check := checks[m.Key]; check != nil {
			if err := check(m.Value.Text()); err != nil {
				errs = append(errs, fmt.Errorf("annotation %s: %w", m.Key, err))
			}
		}
	}
	errs = append(errs, checkControlCharacters("annotation", pod.Annotations(p)), checkControlCharacters("label", pod.Labels(p)))
	return errors.Join(errs...)
}

// checkControlCharacters refuses control characters in the mesh's own keys.
// Templates put such values into text, where a line break would begin another
// argument or field: in the reference, one in sidecar.istio.io/logLevel does.
func checkControlCharacters(kind string, values pod.Metadata) error {
	var errs []error
	for _, m := range values.Members() {
		if !meshKey(m.Key) || slices.Contains(documentKeys, m.Key) {
			continue
		}
		if i := strings.IndexFunc(m.Value.Text(), unicode.IsControl); i >= 0 {
			err := fmt.Errorf("%s %s: control character at byte %d of %q", kind, m.Key, i, m.Value.Text())
			if !addWrong(&errs, err) {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// meshKey says whether a key's prefix is istio.io or a subdomain of it.
func meshKey(key string) bool {
	prefix, _, ok := strings.Cut(key, "/")
	return ok && (prefix == "istio.io" || strings.HasSuffix(prefix, ".istio.io"))
}

func oneOf(words ...string) func(string) error {
	return func(value string) error {
		if slices.Contains(words, value) {
			return nil
		}
		return fmt.Errorf("%q is none of %s", value, strings.Join(words, ", "))
	}
}

// list checks each element of a comma separated list; an empty list is valid, and of
// wrong elements the first are named. Blanks are no part of a list where whoever reads it next does not take them off.
func list(element func(string) error) func(string) error {
	return func(value string) error {
		if strings.TrimSpace(value) == "" {
			return nil
		}
		var errs []error
		for e := range strings.SplitSeq(value, ",") {
			if err := element(e); err != nil && !addWrong(&errs, err) {
				break
			}
		}
		return errors.Join(errs...)
	}
}

// addWrong adds an error to those that are told, of which there are 16 at most. It says
// whether there is room for more.
func addWrong(errs *[]error, err error) bool {
	const most = 16
	if len(*errs) < most {
		*errs = append(*errs, err)
		return true
	}
	*errs = append(*errs, errors.New("more of them are wrong"))
	return false
}

// allOr accepts one word beside a list.
func allOr(word string, element func(string) error) func(string) error {
	checkList := list(element)
	return func(value string) error {
		if value == word {
			return nil
		}
		return checkList(value)
	}
}

func trimmed(element func(string) error) func(string) error {
	return func(value string) error { return element(strings.TrimSpace(value)) }
}

func checkPort(value string) error {
	if _, err := strconv.ParseUint(value, 10, 16); err != nil {
		return fmt.Errorf("%q is not a port, a number from 0 to 65535", value)
	}
	return nil
}

func checkUint32(value string) error {
	if _, err := strconv.ParseUint(value, 10, 32); err != nil {
		return fmt.Errorf("%q is not a whole number from 0 to %d", value, uint32(1<<32-1))
	}
	return nil
}

func checkCIDR(value string) error {
	if _, err := netip.ParsePrefix(value); err != nil {
		return fmt.Errorf("%q is not an IP range such as 10.0.0.0/8", value)
	}
	return nil
}

// interfaceName is what Linux and iptables both take for a name: no pattern, which a
// "+" at its end would make it.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$`)

func checkInterface(value string) error {
	if !interfaceName.MatchString(value) {
		return fmt.Errorf("%q is not the name of a network interface: up to 15 letters, digits, dots, dashes and underscores", value)
	}
	return nil
}

func checkBool(value string) error {
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	return nil
}

func checkConfigMap(value string) error {
	if len(validation.IsDNS1123Subdomain(value)) > 0 {
		return fmt.Errorf("%q is not the name of a ConfigMap", value)
	}
	return nil
}

// checkOverrides checks the fields of remembered containers; that it is a list of them,
// whoever reads it checks, as taking an injection off does too.
func checkOverrides(value string) error {
	remembered, err := tree.Parse([]byte(value))
	if err != nil || remembered.Kind() != tree.Object {
		return nil
	}
	return podmerge.Pod().Field("spec").Check(remembered, "it")
}

func checkQuantity(value string) error {
	quantity, err := resource.ParseQuantity(value)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a quantity such as 100m or 128Mi", value)
	case quantity.Sign() < 0:
		return fmt.Errorf("%q is negative", value)
	}
	return nil
}
