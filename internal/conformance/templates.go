package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Templates reads a manifest of the case and returns a request for each pod in
// it, in order. It knows the kinds that the cases have, and stands apart from the
// project's own reading of manifests.
func (c *Case) Templates(t testing.TB, manifest []byte) []inject.Request {
	t.Helper()
	var found []inject.Request
	for _, object := range documents(t, manifest) {
		found = append(found, c.templatesOf(t, object)...)
	}
	return found
}

// documents splits a manifest and returns the JSON of each document.
func documents(t testing.TB, manifest []byte) [][]byte {
	t.Helper()
	var all [][]byte
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ToJSON(t, document))
	}
}

// AroundPods returns the documents of a manifest without their pods, and without
// what is empty: the reference's encoder adds empty fields.
func AroundPods(t testing.TB, manifest []byte) []any {
	t.Helper()
	var rest []any
	for _, text := range documents(t, manifest) {
		var object any
		decode(t, text, &object)
		if left, ok := pruned(withoutPod(object)); ok {
			rest = append(rest, left)
		}
	}
	return rest
}

func withoutPod(object any) any {
	o, _ := object.(map[string]any)
	spec, _ := o["spec"].(map[string]any)
	switch o["kind"] {
	case "List":
		items, _ := o["items"].([]any)
		for i := range items {
			items[i] = withoutPod(items[i])
		}
	case "Pod":
		return map[string]any{"apiVersion": o["apiVersion"], "kind": "Pod"}
	case "CronJob":
		job, _ := spec["jobTemplate"].(map[string]any)
		delete(job, "metadata")
		jobSpec, _ := job["spec"].(map[string]any)
		template, _ := jobSpec["template"].(map[string]any)
		delete(template, "metadata")
		delete(template, "spec")
	default:
		delete(spec, "template")
	}
	return object
}

// pruned takes out what is empty or zero; false where nothing is left.
func pruned(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, false
	case bool:
		return v, v
	case float64:
		return v, v != 0
	case map[string]any:
		for key, value := range v {
			if left, ok := pruned(value); ok {
				v[key] = left
			} else {
				delete(v, key)
			}
		}
		return v, len(v) > 0
	case []any:
		var list []any
		for _, value := range v {
			if left, ok := pruned(value); ok {
				list = append(list, left)
			}
		}
		return list, len(list) > 0
	default:
		return v, true
	}
}

// template is the place of a pod in a workload: there at the top, one level
// down, or two levels down in a CronJob.
type template struct {
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Spec     json.RawMessage `json:"spec,omitempty"`
}

func (c *Case) templatesOf(t testing.TB, object []byte) []inject.Request {
	t.Helper()
	var o struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Metadata   metav1.ObjectMeta `json:"metadata"`
		Items      []json.RawMessage `json:"items"`
	}
	decode(t, object, &o)
	var pod template
	switch o.Kind {
	case "List":
		var found []inject.Request
		for _, item := range o.Items {
			found = append(found, c.templatesOf(t, item)...)
		}
		return found
	case "Pod":
		decode(t, object, &pod)
	case "CronJob":
		// A difference that is wanted: the reference injectors read and write the
		// job's metadata and not the pod's, where an opt-out stands and which alone
		// gets to the pods. Outrigger reads both and writes the pod's. So what both
		// say together is compared.
		var w struct {
			Spec struct {
				JobTemplate struct {
					Metadata json.RawMessage `json:"metadata"`
					Spec     struct {
						Template template `json:"template"`
					} `json:"spec"`
				} `json:"jobTemplate"`
			} `json:"spec"`
		}
		decode(t, object, &w)
		pod = w.Spec.JobTemplate.Spec.Template
		pod.Metadata = together(t, pod.Metadata, w.Spec.JobTemplate.Metadata)
	default:
		var w struct {
			Spec struct {
				Template *template `json:"template"`
			} `json:"spec"`
		}
		decode(t, object, &w)
		if w.Spec.Template == nil {
			return nil
		}
		pod = *w.Spec.Template
	}
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Request(text)
	r.Workload = &inject.Workload{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name}
	if owner := metav1.GetControllerOf(&o.Metadata); owner != nil && o.Kind == "Pod" && o.Metadata.GenerateName != "" {
		r.Workload.APIVersion, r.Workload.Kind, r.Workload.Name = owner.APIVersion, owner.Kind, owner.Name
	}
	return []inject.Request{r}
}

// together is a pod's metadata with the labels and annotations of its job's that it
// lacks.
func together(t testing.TB, pod, job json.RawMessage) json.RawMessage {
	t.Helper()
	if len(job) == 0 {
		return pod
	}
	var own, outer map[string]any
	decode(t, job, &outer)
	if len(pod) > 0 {
		decode(t, pod, &own)
	}
	if own == nil {
		own = map[string]any{}
	}
	for _, name := range []string{"labels", "annotations"} {
		more, ok := outer[name].(map[string]any)
		if !ok {
			continue
		}
		mine, _ := own[name].(map[string]any)
		maps.Copy(more, mine)
		own[name] = more
	}
	text, err := json.Marshal(own)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
