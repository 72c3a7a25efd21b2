package inject

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// A check says what is wrong with an annotation's value.
type check func(value string) error

// currentChecks are the annotations whose values today's generation checks
// before anything is rendered (spec: injection.md section 3). The one for
// proxy.istio.io/config is made where the mesh's own ProxyConfig is known.
var currentChecks = map[string]check{
	pod.InterceptionKey: oneOf("REDIRECT", "TPROXY", "NONE"),
	pod.StatusPortKey:   checkPort,
	"readiness.status.sidecar.istio.io/initialDelaySeconds": checkUint32,
	"readiness.status.sidecar.istio.io/periodSeconds":       checkUint32,
	"readiness.status.sidecar.istio.io/failureThreshold":    checkUint32,
	"traffic.sidecar.istio.io/includeOutboundIPRanges":      allOr("*", checkCIDR),
	"traffic.sidecar.istio.io/excludeOutboundIPRanges":      list(checkCIDR),
	"traffic.sidecar.istio.io/includeInboundPorts":          allOr("*", checkPort),
	"traffic.sidecar.istio.io/excludeInboundPorts":          list(checkPort),
	"traffic.sidecar.istio.io/includeOutboundPorts":         allOr("*", checkPort),
	"traffic.sidecar.istio.io/excludeOutboundPorts":         list(checkPort),
	"traffic.sidecar.istio.io/excludeInterfaces":            list(checkInterface),
	"traffic.sidecar.istio.io/kubevirtInterfaces":           list(checkInterface),
	"istio.io/reroute-virtual-interfaces":                   list(checkInterface),
	pod.MergeMetricsKey:                                     checkBool,
	"sidecar.istio.io/proxyCPU":                             checkQuantity,
	"sidecar.istio.io/proxyCPULimit":                        checkQuantity,
	"sidecar.istio.io/proxyMemory":                          checkQuantity,
	"sidecar.istio.io/proxyMemoryLimit":                     checkQuantity,
}

// v1Checks are those of the 1.0 line (spec: v1.0.md).
var v1Checks = map[string]check{
	pod.InterceptionKey: oneOf("REDIRECT", "TPROXY"),
	pod.StatusPortKey:   checkPort,
	"readiness.status.sidecar.istio.io/initialDelaySeconds": checkUint32,
	"readiness.status.sidecar.istio.io/periodSeconds":       checkUint32,
	"readiness.status.sidecar.istio.io/failureThreshold":    checkUint32,
	"readiness.status.sidecar.istio.io/applicationPorts":    allOr("*", checkPort),
	"traffic.sidecar.istio.io/includeOutboundIPRanges":      allOr("*", checkCIDR),
	"traffic.sidecar.istio.io/excludeOutboundIPRanges":      list(checkCIDR),
	"traffic.sidecar.istio.io/includeInboundPorts":          allOr("*", checkPort),
	"traffic.sidecar.istio.io/excludeInboundPorts":          list(checkPort),
}

// documentKeys are the annotations that are meant to hold whole documents, and
// so line breaks.
var documentKeys = []string{
	pod.ProxyConfigKey, pod.OverridesKey, pod.StatusKey,
	"sidecar.istio.io/userVolume", "sidecar.istio.io/userVolumeMount",
}

// checkAnnotations refuses a pod whose annotations have values that cannot be
// used, naming all of them.
func checkAnnotations(p *tree.Value, checks map[string]check) error {
	var errs []error
	for _, m := range pod.Annotations(p).Members() {
		if check := checks[m.Key]; check != nil {
			if err := check(m.Value.Text()); err != nil {
				errs = append(errs, fmt.Errorf("annotation %s: %w", m.Key, err))
			}
		}
	}
	errs = append(errs, checkControlCharacters("annotation", pod.Annotations(p)), checkControlCharacters("label", pod.Labels(p)))
	if err := errors.Join(errs...); err != nil {
		return &RefusedError{InvalidAnnotation, err}
	}
	return nil
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
			errs = append(errs, fmt.Errorf("%s %s: control character at byte %d of %q", kind, m.Key, i, m.Value.Text()))
		}
	}
	return errors.Join(errs...)
}

// meshKey says whether a key's prefix is istio.io or a subdomain of it.
func meshKey(key string) bool {
	prefix, _, ok := strings.Cut(key, "/")
	return ok && (prefix == "istio.io" || strings.HasSuffix(prefix, ".istio.io"))
}

func oneOf(words ...string) check {
	return func(value string) error {
		if slices.Contains(words, value) {
			return nil
		}
		return fmt.Errorf("%q is none of %s", value, strings.Join(words, ", "))
	}
}

// list checks each element of a comma separated list; an empty list is valid.
func list(element check) check {
	return func(value string) error {
		if strings.TrimSpace(value) == "" {
			return nil
		}
		var errs []error
		for e := range strings.SplitSeq(value, ",") {
			errs = append(errs, element(strings.TrimSpace(e)))
		}
		return errors.Join(errs...)
	}
}

// allOr accepts one word beside a list.
func allOr(word string, element check) check {
	checkList := list(element)
	return func(value string) error {
		if strings.TrimSpace(value) == word {
			return nil
		}
		return checkList(value)
	}
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

func checkInterface(value string) error {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return fmt.Errorf("%q is not the name of a network interface", value)
	}
	return nil
}

func checkBool(value string) error {
	if _, err := strconv.ParseBool(value); err != nil {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	return nil
}

func checkQuantity(value string) error {
	if _, err := resource.ParseQuantity(value); err != nil {
		return fmt.Errorf("%q is not a quantity such as 100m or 128Mi", value)
	}
	return nil
}
