package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

const podList = `apiVersion: config.kubernetes.io/v1
kind: ResourceList
# what to do
functionConfig:
  kind: Pod # no item
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}  # kept
    spec: {}
  - apiVersion: v1
    kind: List
    items:
      - {apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {}}
  - kind: ConfigMap
    data:
      plain: of {{ include "x" }}
`

func TestRewriteResourceList(t *testing.T) {
	tests := map[string]struct {
		in, want string
		results  []string
	}{
		"results are a new member": {
			in:      podList,
			results: []string{`{"message":"one"}`, `{"message":"two"}`},
			want: `apiVersion: config.kubernetes.io/v1
kind: ResourceList
# what to do
functionConfig:
  kind: Pod # no item
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: p}  # kept
    spec:
      hostname: p
  - apiVersion: v1
    kind: List
    items:
      - {apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {hostname: q}}
  - kind: ConfigMap
    data:
      plain: of {{ include "x" }}
results:
  - message: one
  - message: two
`,
		},
		"results go behind those of others": {
			in:      "kind: ResourceList\napiVersion: config.kubernetes.io/v1alpha1\nresults:\n- message: before # theirs\nitems: []\n",
			results: []string{`{"message":"one"}`},
			want:    "kind: ResourceList\napiVersion: config.kubernetes.io/v1alpha1\nresults:\n- message: before # theirs\n- message: one\nitems: []\n",
		},
		"no results": {
			in:   "{kind: ResourceList, apiVersion: config.kubernetes.io/v1}\n",
			want: "{kind: ResourceList, apiVersion: config.kubernetes.io/v1}\n",
		},
		"results that are null": {
			in:      "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nresults:\n",
			results: []string{`{}`},
			want:    "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nresults:\n- {}\n",
		},
		"JSON": {
			in:      `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {}}]}`,
			results: []string{`{"message":"one"}`},
			want:    `{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"hostname": "p"}}], "results": [{"message": "one"}]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			err := RewriteResourceList(&got, []byte(tt.in), Options{File: "list"}, nameHost, func() []json.RawMessage { return raw(tt.results) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func nameHost(w Workload) (tree.Patch, error) {
	return tree.Patch{tree.NewOperation("add", "/spec/hostname", json.RawMessage(`"`+w.Name+`"`))}, nil
}

func raw(texts []string) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range texts {
		all = append(all, json.RawMessage(text))
	}
	return all
}

func TestRewriteResourceListErrors(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n"
	tests := map[string]struct{ in, want string }{
		"nothing":             {"", "list: the input is empty, and a ResourceList of config.kubernetes.io is wanted"},
		"comments alone":      {"# a comment\n", "list: it is no ResourceList of config.kubernetes.io"},
		"another object":      {pod, "list:1: it is no ResourceList of config.kubernetes.io"},
		"of another group":    {"apiVersion: v1\nkind: ResourceList\nitems: []\n", "list: it is no ResourceList of config.kubernetes.io"},
		"one of two":          {podList + "---\n" + pod, "list:7: Pod \"p\": no room\nlist:14: Pod \"q\": no room\nlist:18: there is more than one document; a ResourceList stands alone"},
		"items that are none": {"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {}\n", "list:1: ResourceList: items is an object, not an array"},
		"broken":              {"a: b\nc\n", "list:2: broken YAML: could not find expected ':'"},
		"a refused item":      {podList, "list:7: Pod \"p\": no room\nlist:14: Pod \"q\": no room"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			err := RewriteResourceList(&got, []byte(tt.in), Options{File: "list"}, func(Workload) (tree.Patch, error) {
				return nil, errors.New("no room")
			}, func() []json.RawMessage { return nil })
			if err == nil || err.Error() != tt.want {
				t.Errorf("error: %v\nwant:  %s", err, tt.want)
			}
			if got.Len() > 0 {
				t.Errorf("with an error it wrote\n%s", got.String())
			}
		})
	}
}

// TestAddResults has a function that failed give back what came, though an item
// is none that could be rewritten.
func TestAddResults(t *testing.T) {
	const in = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod # without a spec\n"
	var got bytes.Buffer
	if err := AddResults(&got, []byte(in), "list", raw([]string{`{"message":"no spec"}`})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in+"results:\n- message: no spec\n", got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
