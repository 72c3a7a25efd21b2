package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestRewriteErrors(t *testing.T) {
	const (
		service    = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
		deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
	)
	tests := map[string]struct {
		in   string
		want []string
	}{
		"broken YAML": {
			in:   service + "---\na: b\nc\n---\n" + deployment + "spec: {template: {spec: {}}}\n",
			want: []string{"f.yaml:6: broken YAML: could not find expected ':'"},
		},
		"all documents are looked at": {
			in: deployment + "---\n" + deployment + "spec: {}\n---\n" + deployment + "spec: {template: {spec: }}\n---\n" + deployment + "spec: {template: {spec: [a], metadata: b}}\n" +
				"---\n" + deployment + "spec: {template: {spec: {}, metadata: b}}\n---\n" + deployment + "spec: {template: x}\n",
			want: []string{
				`f.yaml:1: Deployment "d": there is no spec; is this a patch? build it first, with kustomize build, and inject what comes out`,
				`f.yaml:5: Deployment "d": there is no spec.template; is this a patch? build it first, with kustomize build, and inject what comes out`,
				`f.yaml:10: Deployment "d": spec.template.spec is null, not an object`,
				`f.yaml:15: Deployment "d": spec.template.spec is an array, not an object`,
				`f.yaml:20: Deployment "d": spec.template.metadata is a string, not an object`,
				`f.yaml:25: Deployment "d": spec.template is a string, not an object`,
			},
		},
		"duplicate keys": {
			in:   "# comment\n" + deployment + "spec:\n  a: 1\n  b: 2\n  \"a\": 3\n  template: {spec: {yes: 1, on: 2}}\n",
			want: []string{`f.yaml:8: duplicate key "a"`, `f.yaml:9: duplicate key "true"`},
		},
		"duplicate keys, JSON": {
			in:   "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\"spec\": {\"a\": 1,\n\"a\": 2}}",
			want: []string{`f.yaml:3: duplicate key "a"`},
		},
		"items of a list": {
			in:   "apiVersion: v1\nkind: List\nitems:\n# first\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n- 1\n",
			want: []string{`f.yaml:5: Pod "p": there is no spec`},
		},
		"items of a wrong type": {
			in:   "apiVersion: v1\nkind: PodList\nitems:\n- spec: {}\n- 1\n",
			want: []string{`f.yaml:5: Pod: it is a number, not an object`},
		},
		"a list that is none": {
			in:   "apiVersion: v1\nkind: List\nitems: {}\n",
			want: []string{`f.yaml:1: List: items is an object, not an array`},
		},
		"JSON": {
			in:   "{\"apiVersion\": \"v1\",\n\"kind\": \"Pod\",\n \"metadata\": {\"name\": \"p\"}}",
			want: []string{`f.yaml:1: Pod "p": there is no spec`},
		},
		"not a number": {
			in:   "apiVersion: v1\nkind: Pod\nspec:\n  a: .nan\n",
			want: []string{`f.yaml:4: infinity and not-a-number have no place in an object`},
		},
		"an anchor that contains itself": {
			in:   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: &a\n  a: *a\n",
			want: []string{`f.yaml:1: Pod "p": it is nested too deeply, or an anchor contains itself`},
		},
		"aliases that would not end": {
			in: "apiVersion: v1\nkind: Pod\nspec:\n  a: &a [1,1,1,1,1,1,1,1,1,1]\n  b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n  c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n" +
				"  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n  e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n  f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
			want: []string{`f.yaml:1: Pod: aliases stand for more than 4 MiB`},
		},
		"aliases of a long text": {
			in:   "apiVersion: v1\nkind: Pod\nspec:\n  a: &a " + strings.Repeat("x", 5000) + "\n  b: [" + strings.Repeat("*a,", 1000) + "]\n",
			want: []string{`f.yaml:1: Pod: aliases stand for more than 4 MiB`},
		},
		"merge keys that would not end": {
			in:   "apiVersion: v1\nkind: Pod\nspec: &a {<<: *a, b: 1}\n",
			want: []string{`f.yaml:1: Pod: it is nested too deeply, or an anchor contains itself`},
		},
		"a chart's template": {
			in:   service + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n",
			want: []string{`f.yaml:8: this is a template, not a manifest; render it first, e.g. with helm template`},
		},
		"a chart's template in plain text": {
			in:   deployment + "spec:\n  template:\n    spec:\n      image: a:{{ .Values.tag }}\n",
			want: []string{`f.yaml:7: this is a template, not a manifest; render it first, e.g. with helm template`},
		},
		"a chart's template that is no YAML": {
			in:   deployment + "{{- if .Values.x }}\nspec:\n",
			want: []string{`f.yaml:4: this is a template, not a manifest; render it first, e.g. with helm template (YAML: could not find expected ':')`},
		},
		"sops": {
			in:   deployment + "spec: {template: {spec: {a: 'ENC[AES256_GCM,data:x]'}}}\nsops:\n  mac: ENC[]\n",
			want: []string{`f.yaml:5: this file is encrypted by sops; decrypt it first, with sops --decrypt`},
		},
		"sops, what nobody knows the kind of": {
			in:   "apiVersion: ENC[AES256_GCM,data:x]\nkind: ENC[AES256_GCM,data:y]\nsops:\n  mac: ENC[]\n",
			want: []string{`f.yaml:3: this file is encrypted by sops; decrypt it first, with sops --decrypt`},
		},
		"sops, JSON": {
			in:   "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {},\n\"sops\": {\"mac\": \"x\"}}",
			want: []string{`f.yaml:2: this file is encrypted by sops; decrypt it first, with sops --decrypt`},
		},
		"a chart's template whose braces are no YAML": {
			in:   service + "spec:\n  a: {{ .x }}-y\n",
			want: []string{`f.yaml:4: this is a template, not a manifest; render it first, e.g. with helm template (YAML: did not find expected key)`},
		},
		"broken YAML with braces in its text": {
			in:   "a: '{{ x }}' # {{ y }}\nb: |\n  {{ z }}\nc: d\n e: f\n",
			want: []string{`f.yaml:5: broken YAML: mapping values are not allowed in this context`},
		},
		"a patch for kustomize, without a pod template": {
			in:   deployment + "spec: {replicas: 3}\n",
			want: []string{`f.yaml:1: Deployment "d": there is no spec.template; is this a patch? build it first, with kustomize build, and inject what comes out`},
		},
		"a patch for kustomize, without an image": {
			in:   deployment + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env: []\n",
			want: []string{`f.yaml:1: Deployment "d": no container has an image; is this a patch? build it first, with kustomize build, and inject what comes out`},
		},
		"a patch for kustomize, with a directive": {
			in:   deployment + "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: app:1\n      - $patch: delete\n        name: b\n",
			want: []string{`f.yaml:1: Deployment "d": it has $patch; is this a patch? build it first, with kustomize build, and inject what comes out`},
		},
		"no pod template at the paths of a kind": {
			in:   "apiVersion: ray.io/v1\nkind: RayCluster\nmetadata: {name: r}\nspec:\n  workerGroupSpecs: {}\n",
			want: []string{`f.yaml:1: RayCluster "r": spec.workerGroupSpecs is an object, not an array`},
		},
		"ansible-vault": {
			in:   "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
			want: []string{`f.yaml:1: this file is encrypted by ansible-vault; decrypt it first, with ansible-vault decrypt`},
		},
		"UTF-16": {
			in:   "\xff\xfea\x00:\x00",
			want: []string{`f.yaml:1: this file is UTF-16; save it as UTF-8`},
		},
		"UTF-16 with no mark": {
			in:   "k\x00i\x00n\x00d\x00:\x00",
			want: []string{`f.yaml:1: there is a zero byte in it, so it is no text, or UTF-16; save it as UTF-8`},
		},
		"a zero byte behind JSON": {
			in:   "{\"kind\": \"Pod\x00\"}\n" + strings.Repeat("\x00", 100),
			want: []string{`f.yaml:1: there is a zero byte in it, so it is no text, or UTF-16; save it as UTF-8`},
		},
		"bytes that are no text": {
			in:   service + "a: \"\xff\"\n",
			want: []string{`f.yaml:1: broken YAML: invalid leading UTF-8 octet`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := Rewrite(new(bytes.Buffer), strings.NewReader(test.in), Options{File: "f.yaml"}, func(Workload) (tree.Patch, error) { return nil, nil })
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestRewriteNamesTheWorkloadThatEditRefuses(t *testing.T) {
	refusal := errors.New("refused")
	in := "---\n# comment\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\n---\napiVersion: v1\nkind: Pod\nspec: {}\n"
	err := Rewrite(new(bytes.Buffer), strings.NewReader(in), Options{File: "f.yaml"}, func(Workload) (tree.Patch, error) { return nil, refusal })
	if !errors.Is(err, refusal) {
		t.Fatalf("the refusal is lost: %v", err)
	}
	if diff := cmp.Diff("f.yaml:3: Pod \"p\": refused\nf.yaml:8: Pod: refused", err.Error()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRewriteRefusesPatches(t *testing.T) {
	const in = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  a: [1]\n  b: c\n"
	tests := map[string]struct{ patch, want string }{
		"no such member":        {`{"op":"remove","path":"/spec/x"}`, `remove /spec/x: there is no "x"`},
		"no such member on way": {`{"op":"add","path":"/spec/x/y","value":1}`, `add /spec/x/y: there is no "x"`},
		"no such index":         {`{"op":"replace","path":"/spec/a/1","value":1}`, `replace /spec/a/1: "1" is no index of an array of 1`},
		"no index":              {`{"op":"add","path":"/spec/a/-","value":1}`, `add /spec/a/-: "-" is no index of an array of 2`},
		"member of a string":    {`{"op":"add","path":"/spec/b/x","value":1}`, `add /spec/b/x: a string has no members`},
		"through a string":      {`{"op":"add","path":"/spec/b/x/y","value":1}`, `add /spec/b/x/y: a string has no "x"`},
		"elsewhere":             {`{"op":"add","path":"/status","value":1}`, `add /status: not in the pod's metadata or spec`},
		"no pointer":            {`{"op":"add","path":"spec","value":1}`, `add spec: no JSON pointer`},
		"other verbs":           {`{"op":"test","path":"/spec/b","value":"c"}`, `test /spec/b: not an operation that is known here`},
		"a key too long":        {`{"op":"add","path":"/spec/` + strings.Repeat("k", 1200) + `","value":1}`, `add /spec/` + strings.Repeat("k", 1200) + `: a key too long for YAML`},
		"no value":              {`{"op":"add","path":"/spec/b"}`, `add /spec/b: value: no JSON value: ""`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var patch tree.Patch
			if err := json.Unmarshal([]byte("["+test.patch+"]"), &patch); err != nil {
				t.Fatal(err)
			}
			err := Rewrite(new(bytes.Buffer), strings.NewReader(in), Options{File: "f.yaml"}, func(Workload) (tree.Patch, error) { return patch, nil })
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(`f.yaml:1: Pod "p": `+test.want, err.Error()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestRewritePasses has what looks like a mistake and is none.
func TestRewritePasses(t *testing.T) {
	tests := map[string]string{
		"nothing":                             "",
		"comments":                            "# a\n\n---\n# b\n...\n",
		"braces in other kinds":               "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  args:\n  - echo {{inputs.parameters.x}}\n  a: \"{{ .Values.x }}\"\n",
		"braces in a workload's text":         "apiVersion: v1\nkind: Pod\nspec:\n  args:\n  - \"{{ .Values.x }}\"\n  - --format={{.Name}}\n  a: |\n    {{- include \"x\" . }}\n",
		"a Secret called sops":                "apiVersion: v1\nkind: Secret\nmetadata: {name: sops}\nsops: text\n",
		"sops, no workload":                   "apiVersion: v1\nkind: Secret\ndata: {a: 'ENC[AES256_GCM,data:x]'}\nsops:\n  mac: ENC[]\n",
		"duplicate keys, no workload":         "apiVersion: v1\nkind: Service\na: 1\na: 2\n---\n{\"a\": 1, \"a\": 2}\n",
		"keys that JSON lacks, no workload":   "? [a]\n: b\n~: c\n",
		"a list that is no object":            "- a\n- b\n",
		"text alone":                          "text\n",
		"JSON with a separator behind it":     "{\"a\": 1}\n...\n",
		"separators inside text of one level": "a: \"--- b\"\nc: |\n  ---\n  ...\n",
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Rewrite(&out, strings.NewReader(in), Options{File: "f.yaml"}, func(Workload) (tree.Patch, error) { return nil, nil }); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(in, out.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// endless is a stream of zeros.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	if e.read += len(b); e.read > 1<<20 {
		panic("it is read on and on")
	}
	clear(b)
	return len(b), nil
}

// TestNoText: what is no text is not read to its end, which may be far away.
func TestNoText(t *testing.T) {
	err := Rewrite(new(bytes.Buffer), &endless{}, Options{File: "zeros"}, func(Workload) (tree.Patch, error) { return nil, nil })
	if err == nil || !strings.HasPrefix(err.Error(), "zeros:1: there is a zero byte in it") {
		t.Error(err)
	}
}
