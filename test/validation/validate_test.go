package validation

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	v1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	kjson "sigs.k8s.io/json"

	"github.com/outrigger-io/outrigger/internal/conformance"
)

func init() {
	// As API servers are run: pods may ask to be privileged.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
}

// problems are what an API server would refuse of a pod that is created. The template
// of a manifest gets the name that its controller would give the pod.
func problems(pod []byte) (list []string) {
	var given corev1.Pod
	strict, err := kjson.UnmarshalStrict(pod, &given, kjson.DisallowUnknownFields)
	if err != nil {
		return []string{err.Error()}
	}
	for _, err := range strict {
		list = append(list, err.Error())
	}
	if given.Name == "" {
		given.Name = strings.TrimRight(cut(given.GenerateName, 58), ".") + "x-x2x4z"
	}
	if given.Namespace == "" {
		given.Namespace = "default"
	}
	if given.Spec.ServiceAccountName == "" {
		given.Spec.ServiceAccountName = "default" // as admission has done before it
	}
	v1.SetObjectDefaults_Pod(&given)
	var internal core.Pod
	if err := v1.Convert_v1_Pod_To_core_Pod(&given, &internal, nil); err != nil {
		return append(list, err.Error())
	}
	podutil.DropDisabledPodFields(&internal, nil)
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(&internal.Spec, nil, &internal.ObjectMeta, nil)
	options.ResourceIsPod = true
	for _, err := range validation.ValidatePodCreate(&internal, options) {
		// They are added to pods that run; what holds for them holds there too.
		if err.Type == field.ErrorTypeForbidden && err.Field == "spec.ephemeralContainers" {
			continue
		}
		list = append(list, err.Error())
	}
	return list
}

// sent is a pod as an API server sends it to a webhook, with the defaults.
func sent(t conformance.Failer, pod []byte) []byte {
	t.Helper()
	var given corev1.Pod
	if err := json.Unmarshal(pod, &given); err != nil {
		t.Fatal(err)
	}
	v1.SetObjectDefaults_Pod(&given)
	text, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func cut(text string, length int) string { return text[:min(length, len(text))] }

// added are the problems that stand in a list and not in another.
func added(before, after []string) []string {
	known := map[string]bool{}
	for _, p := range before {
		known[p] = true
	}
	var list []string
	for _, p := range after {
		if !known[p] {
			list = append(list, p)
		}
	}
	return list
}

func indented(list []string) string { return fmt.Sprintf("\n\t%s", strings.Join(list, "\n\t")) }
