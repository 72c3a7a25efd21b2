// Package reviews makes admission reviews for measurements: of one that an API
// server sent, those it would send next. Only tests and benchmarks import it.
package reviews

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

var (
	uid        = regexp.MustCompile(`"request":\{"uid":"[^"]*"`)
	tokenName  = regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`)
	fieldTime  = regexp.MustCompile(`"time":"[^"]*"`)
	podOrdinal = regexp.MustCompile(`"(name|hostname|statefulset.kubernetes.io/pod-name)":"web-[0-9]+"`)
	podIndex   = regexp.MustCompile(`"apps.kubernetes.io/pod-index":"[0-9]+"`)
	hash       = regexp.MustCompile(`"pod-template-hash":"([^"]*)"`)
	image      = regexp.MustCompile(`"image":"([^"]*)"`)
	baseName   = regexp.MustCompile(`"name":"(bare|web)`)
)

// Replica is the review of another pod of the same workload.
func Replica(body []byte, n int) []byte {
	body = uid.ReplaceAll(body, fmt.Appendf(nil, `"request":{"uid":"00000000-0000-4000-8000-%012d"`, n))
	body = tokenName.ReplaceAll(body, fmt.Appendf(nil, "kube-api-access-%s", suffix(n)))
	body = fieldTime.ReplaceAll(body, fmt.Appendf(nil, `"time":%q`, time.Unix(1700000000+int64(n), 0).UTC().Format(time.RFC3339)))
	body = podOrdinal.ReplaceAll(body, fmt.Appendf(nil, `"$1":"web-%d"`, n))
	return podIndex.ReplaceAll(body, fmt.Appendf(nil, `"apps.kubernetes.io/pod-index":"%d"`, n))
}

// suffix is five letters or digits, as the API server draws them.
func suffix(n int) string {
	return fmt.Sprintf("%05s", strconv.FormatInt(int64(n)%(36*36*36*36*36), 36))
}

// OtherWorkload is the review of a pod of another workload.
func OtherWorkload(body []byte, n int) []byte {
	body = Replica(body, n)
	if old := hash.FindSubmatch(body); old != nil {
		body = bytes.ReplaceAll(body, old[1], fmt.Appendf(nil, "%010d", n))
	}
	body = baseName.ReplaceAll(body, fmt.Appendf(nil, `"name":"${1}%d`, n))
	body = bytes.ReplaceAll(body, []byte(`-v1`), fmt.Appendf(nil, `-v1-%d`, n))
	return image.ReplaceAll(body, fmt.Appendf(nil, `"image":"$1-%d"`, n))
}

// OfPod is the review of the creation of a pod.
func OfPod(pod []byte) []byte {
	const before = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"7f0b",` +
		`"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},` +
		`"namespace":"shop","operation":"CREATE","object":`
	return slices.Concat([]byte(before), pod, []byte("}}"))
}
