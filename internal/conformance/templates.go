package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Templates reads a manifest of the case and returns a request for each pod in
// it, in order. It knows the kinds that the cases have, and stands apart from the
// project's own reading of manifests.
func (c *Case) Templates(t testing.TB, manifest []byte) []inject.Request {
	t.Helper()
	var found []inject.Request
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifest)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, c.templatesOf(t, ToJSON(t, document))...)
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
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Metadata   struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
		Items []json.RawMessage `json:"items"`
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
		// The metadata is the job's, not the pod's: so do the reference injectors.
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
		pod = template{w.Spec.JobTemplate.Metadata, w.Spec.JobTemplate.Spec.Template.Spec}
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
	r := c.request(text)
	r.Workload = &inject.Workload{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name}
	return []inject.Request{r}
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
