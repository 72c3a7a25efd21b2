package inject_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// templatesOf makes a configuration of templates by name, all of them in use.
func templatesOf(t rapid.TB, templates map[string]string) *inject.Injector {
	t.Helper()
	names := []string{"sidecar"}
	for name := range templates {
		if name != "sidecar" {
			names = append(names, name)
		}
	}
	config, err := json.Marshal(object{"policy": "enabled", "templates": templates, "defaultTemplates": names})
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, inject.Sources{Config: config}, inject.Options{})
}

// sneaky are templates that make something of a field by which replicas differ,
// or write it, each in another way. A patch of theirs fits one replica only, or
// is not to be kept for another reason.
var sneaky = map[string]string{
	"prints":              `{metadata: {annotations: {a: "{{ (index .Spec.Volumes 0).Name }}"}}}`,
	"prints a mount":      `{metadata: {annotations: {a: "{{ range .Spec.Containers }}{{ range .VolumeMounts }}{{ .Name }}{{ end }}{{ end }}"}}}`,
	"prints all":          `{metadata: {annotations: {a: {{ toJson . | sha256sum | quote }}}}}`,
	"prints the spec":     `{metadata: {annotations: {a: {{ with .Spec }}{{ toJson . | sha256sum | quote }}{{ end }}}}}`,
	"compares":            `{metadata: {annotations: {a: "{{ if gt (index .Spec.Volumes 0).Name "kube-api-access-bbbbb" }}yes{{ end }}"}}}`,
	"by a variable":       `{{ $v := .Spec.Volumes }}{{ $w := index $v 0 }}{metadata: {annotations: {a: "{{ $w.Name }}"}}}`,
	"by an assignment":    `{{ $v := "" }}{{ range .Spec.Volumes }}{{ $v = .Name }}{{ end }}{metadata: {annotations: {a: "{{ $v }}"}}}`,
	"in a loop":           `{{ $v := . }}{{ range .Spec.Containers }}{{ $v = . }}{{ end }}{metadata: {annotations: {a: {{ toJson $v | quote }}}}}`,
	"by a definition":     `{{ define "x" }}{{ range .Volumes }}{{ .Name }}{{ end }}{{ end }}{metadata: {annotations: {a: "{{ template "x" .Spec }}"}}}`,
	"by a recursion":      `{{ define "x" }}{{ if kindIs "slice" . }}{{ range . }}{{ template "x" . }}{{ end }}{{ else }}{{ .Name }}{{ end }}{{ end }}{metadata: {annotations: {a: "{{ template "x" .Spec.Volumes }}"}}}`,
	"by a method":         `{metadata: {annotations: {a: {{ .Spec.String | sha256sum | quote }}}}}`,
	"by a method of name": `{metadata: {annotations: {a: "{{ .ObjectMeta.GetName }}"}}}`,
	"by a pipe":           `{metadata: {annotations: {a: "{{ .Spec.Volumes | toJson | sha256sum }}"}}}`,
	"by a piped index":    `{metadata: {annotations: {a: "{{ "statefulset.kubernetes.io/pod-name" | index .ObjectMeta.Labels }}"}}}`,
	"by a computed index": `{metadata: {annotations: {a: "{{ index .ObjectMeta.Labels (printf "apps.%s/pod-index" "kubernetes.io") }}"}}}`,
	"by the root":         `{{ with .Values }}{{ end }}{{ range .Spec.Containers }}{{ with $.Spec.Hostname }}{metadata: {annotations: {a: "{{ . }}"}}}{{ end }}{{ end }}`,
	"by its length":       `{metadata: {annotations: {a: "{{ len .ObjectMeta.Name }}"}}}`,
	"by its truth":        `{metadata: {annotations: {a: "{{ if .ObjectMeta.Name }}named{{ end }}"}}}`,
	"name":                `{metadata: {annotations: {a: "{{ .ObjectMeta.Name }}"}}}`,
	"labels":              `{metadata: {annotations: {a: "{{ range $k, $v := .ObjectMeta.Labels }}{{ $v }}{{ end }}"}}}`,
	"labels as json":      `{metadata: {annotations: {a: {{ toJSON .ObjectMeta.Labels | quote }}}}}`,
	"affinity":            `{metadata: {annotations: {a: {{ toJson .Spec.Affinity | quote }}}}}`,
	"a field of affinity": `{metadata: {annotations: {a: {{ if .Spec.Affinity }}{{ with .Spec.Affinity.NodeAffinity }}{{ toJson .RequiredDuringSchedulingIgnoredDuringExecution | quote }}{{ end }}{{ end }}}}}`,
	"writes a volume":     `{spec: {volumes: [{name: kube-api-access-aaaaa, emptyDir: {}}]}}`,
	"takes a volume":      `{spec: {volumes: [{name: kube-api-access-aaaaa, $patch: delete}]}}`,
	"orders volumes":      `{spec: {$setElementOrder/volumes: [{name: kube-api-access-aaaaa}]}}`,
	"writes the name":     `{metadata: {name: web-0}}`,
	"writes the hostname": `{spec: {hostname: web-0}}`,
	"writes a label":      `{metadata: {labels: {apps.kubernetes.io/pod-index: "0"}}}`,
	"replaces labels":     `{metadata: {labels: {$patch: replace, a: b}}}`,
	"replaces metadata":   `{metadata: {$patch: replace, labels: {a: b}}}`,
	"writes the rest":     `{status: {phase: Pending}, metadata: {managedFields: [{manager: me}]}}`,
	"is random":           `{metadata: {annotations: {a: "{{ randAlphaNum 20 | trunc 0 }}"}}}`,
}

// replicable draws a pod that has the fields by which replicas differ.
func replicable(t *rapid.T) object {
	var pod object
	if err := json.Unmarshal(podtest.Written("both", "extra", "sidecar, extra").Draw(t, "pod"), &pod); err != nil {
		t.Fatal(err)
	}
	spec := pod["spec"].(object)
	volumes, _ := spec["volumes"].([]any)
	spec["volumes"] = append([]any{object{"name": "kube-api-access-@", "projected": object{}}}, volumes...)
	for _, c := range spec["containers"].([]any) {
		if rapid.Bool().Draw(t, "mounts") {
			c.(object)["volumeMounts"] = []any{object{"name": "kube-api-access-@", "mountPath": "/var/run/secrets"}, object{"name": "data", "mountPath": "/data"}}
		}
	}
	return pod
}

// replicaOf draws one pod of many that are equal but for what may differ.
func replicaOf(t *rapid.T, pod object, label string) []byte {
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	word := func(what string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label+what) }
	text = []byte(strings.ReplaceAll(string(text), "-@", "-"+word("suffix", "aaaaa", "bbbbb", "ccccc")))
	var replica object
	if err := json.Unmarshal(text, &replica); err != nil {
		t.Fatal(err)
	}
	meta, ok := replica["metadata"].(object)
	if !ok {
		return text
	}
	if manager := word("manager", "a", "b", ""); manager != "" {
		meta["managedFields"] = []any{object{"manager": manager}}
	}
	if labels, ok := meta["labels"].(object); ok && labels != nil {
		ordinal := word("ordinal", "0", "1", "10")
		name := "web-" + ordinal
		meta["name"] = name
		labels["apps.kubernetes.io/pod-index"] = ordinal
		labels["statefulset.kubernetes.io/pod-name"] = name
		spec := replica["spec"].(object)
		spec["hostname"] = word("hostname", name, "", "Odd\"Name")
		spec["affinity"] = object{"nodeAffinity": object{"requiredDuringSchedulingIgnoredDuringExecution": object{"nodeSelectorTerms": []any{
			object{"matchFields": []any{object{"key": "metadata.name", "operator": "In", "values": []any{word("node", "node-1", "node-2")}}}},
		}}}}
	}
	if text, err = json.Marshal(replica); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestReplicasGetTheirOwnPatch holds what an injector remembers against what it
// would make anew, over replicas of random pods and templates of every sort.
func TestReplicasGetTheirOwnPatch(t *testing.T) {
	all := injectors(t)
	base := string(testSources(t).Config)
	for name, text := range sneaky {
		if strings.Contains(base, "\n  "+name+":") {
			t.Fatalf("%s hides a template of the testdata", name)
		}
		in := templatesOf(t, map[string]string{"sidecar": sidecarAlone, name: text})
		all = append(all, in)
	}
	rapid.Check(t, func(t *rapid.T) { rememberedIsFresh(t, rapid.SampledFrom(all).Draw(t, "injector")) })
}

// rememberedIsFresh injects replicas of a random pod with an injector's memory and without.
func rememberedIsFresh(t *rapid.T, in *inject.Injector) {
	r := drawRequest(t)
	pod := replicable(t)
	again := rapid.Bool().Draw(t, "again")
	for i := range 4 {
		r.Pod = replicaOf(t, pod, fmt.Sprint("replica ", i, " "))
		if again {
			r.Pod = reviewedAgain(t, in, r)
		}
		got, gotErr := in.Inject(r)
		want, wantErr := in.Forgetful().Inject(r)
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("%s: %v, want %v", r.Pod, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\ngets what is not its own (-want +got):\n%s", r.Pod, diff)
		}
	}
}

// ofRandomTemplates is the same under templates that are drawn, those that give the
// root another value among them.
func ofRandomTemplates(t *rapid.T) {
	shown := func(expression string) string { return "{{ toJson (" + expression + ") | sha256sum | trunc 8 }}" }
	drawn := func(depth int) string { return strings.ReplaceAll(podtest.Template(t, depth, shown), "\n", "") }
	text := `{{ define "d" }}` + drawn(1) + `{{ end }}{{ $x := .Spec.Containers }}{metadata: {annotations: {a: "` + drawn(3) + `"}}}`
	config, err := json.Marshal(object{"policy": "enabled", "templates": object{"sidecar": text}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := inject.Compile(inject.Sources{Config: config, Values: []byte(podtest.TemplateValues)}, inject.Options{})
	if err != nil {
		t.Skip(err) // such as a variable that is not there in "d"
	}
	rememberedIsFresh(t, in)
}

func TestReplicasUnderRandomTemplates(t *testing.T) { rapid.Check(t, ofRandomTemplates) }

func FuzzRememberedIsFresh(f *testing.F) { f.Fuzz(rapid.MakeFuzz(ofRandomTemplates)) }

// reviewedAgain is a pod as the API server has it reviewed once more: injected, and
// with the service account's token in the containers that came in. What is
// remembered of the first time may name that token's volume by hand.
func reviewedAgain(t *rapid.T, in *inject.Injector, r inject.Request) []byte {
	first, err := in.Forgetful().Inject(r)
	if err != nil || len(first.Patch) == 0 {
		return r.Pod
	}
	var pod object
	if err := json.Unmarshal(applied(t, r.Pod, first.Patch), &pod); err != nil {
		t.Fatal(err)
	}
	spec := pod["spec"].(object)
	access := ""
	for _, v := range spec["volumes"].([]any) {
		if name, _ := v.(object)["name"].(string); strings.HasPrefix(name, "kube-api-access-") {
			access = name
		}
	}
	for _, list := range []string{"initContainers", "containers"} {
		containers, _ := spec[list].([]any)
		for _, c := range containers {
			mounts, _ := c.(object)["volumeMounts"].([]any)
			c.(object)["volumeMounts"] = append(mounts, object{"name": access, "mountPath": "/token"})
		}
	}
	meta, _ := pod["metadata"].(object)
	if annotations, ok := meta["annotations"].(object); ok && rapid.IntRange(0, 3).Draw(t, "tampered") == 0 {
		annotations["proxy.istio.io/overrides"] = `{"containers":[{"name":"istio-proxy","volumeMounts":[{"name":"\u006bube-api-access-aaaaa","mountPath":"/token"}]}]}`
	}
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sidecarAlone reads of a pod what the templates of meshes read.
const sidecarAlone = `
metadata:
  labels:
    revision: {{ index .ObjectMeta.Labels "version" | default (index .ObjectMeta.Labels "app") | default .DeploymentMeta.Name | quote }}
spec:
  containers:
  - name: istio-proxy
    image: {{ .ProxyImage | quote }}
    args:
    - {{ annotation .ObjectMeta "sidecar.istio.io/logLevel" "info" | quote }}
    - {{ applicationPorts .Spec.Containers | quote }}
    - {{ .Spec.ServiceAccountName | quote }}
    env:
    {{- range $i, $c := .Spec.Containers }}{{ range $j, $p := $c.Ports }}
    - name: {{ $c.Name }}-{{ $i }}-{{ $j }}
      value: {{ structToJSON $p | quote }}
    {{- end }}{{ end }}
`

// replicas are two pods of a StatefulSet, with all that differs between them.
func replicas(t testing.TB) (a, b []byte) {
	const pod = `
metadata:
  name: web-%[1]d
  generateName: web-
  labels: {app: web, apps.kubernetes.io/pod-index: "%[1]d", statefulset.kubernetes.io/pod-name: web-%[1]d}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u, controller: true}]
  managedFields: [{manager: m, time: "2026-01-01T00:00:0%[1]dZ"}]
spec:
  hostname: web-%[1]d
  volumes: [{name: kube-api-access-abcd%[1]d, projected: {}}]
  containers:
  - name: app
    volumeMounts: [{name: kube-api-access-abcd%[1]d, mountPath: /token}]
  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [node-%[1]d]}]}]}}}
`
	return podJSON(t, fmt.Sprintf(pod, 1)), podJSON(t, fmt.Sprintf(pod, 2))
}

func TestReplicasAreKnownByOnePatch(t *testing.T) {
	a, b := replicas(t)
	injected := func(in *inject.Injector) int {
		for _, pod := range [][]byte{a, b, a} {
			if _, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"}); err != nil {
				t.Fatal(err)
			}
		}
		entries, _ := in.Remembered()
		return entries
	}
	for i, in := range []func() *inject.Injector{
		func() *inject.Injector { return injectors(t)[0] },
		func() *inject.Injector { return injectors(t)[2] },
		func() *inject.Injector { return templatesOf(t, map[string]string{"sidecar": sidecarAlone}) },
	} {
		if n := injected(in()); n != 1 {
			t.Errorf("injector %d: two replicas have %d patches, want one for both", i, n)
		}
	}
	// Once more after they were injected: that is another pod, and one for both.
	in := templatesOf(t, map[string]string{"sidecar": sidecarAlone})
	for _, pod := range [][]byte{a, b} {
		first, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Inject(inject.Request{Pod: applied(t, pod, first.Patch), Namespace: "shop"}); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := in.Remembered(); n != 2 {
		t.Errorf("two replicas, each reviewed twice, have %d patches, want two", n)
	}
	for name, text := range sneaky {
		if n := injected(templatesOf(t, map[string]string{"sidecar": sidecarAlone, name: text})); n == 1 {
			t.Errorf("%s: both replicas have one patch, though what it makes of them may differ", name)
		}
	}
}

// A manifest repeats workloads at times, and a pod is never taken for the template
// of one: the two are seen and decided differently.
func TestManifestsAreRememberedApart(t *testing.T) {
	a, _ := replicas(t)
	in := injectors(t)[0]
	w := inject.Workload{APIVersion: "v1", Kind: "Pod"}
	for range 2 {
		for _, r := range []inject.Request{{Pod: a, Namespace: "shop"}, {Pod: a, Namespace: "shop", Workload: &w}} {
			if _, err := in.Inject(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, _ := in.Remembered(); n != 2 {
		t.Errorf("%d patches are remembered, want one of the pod and one of the manifest", n)
	}
}

// TestProxyConfigsCountAtOnce injects replicas of one workload while the resources that
// are about it change: what is remembered of one must not serve the next.
func TestProxyConfigsCountAtOnce(t *testing.T) {
	s := testSources(t)
	s.Config = []byte(`{policy: enabled, templates: {sidecar: "metadata: {annotations: {threads: '{{ .ProxyConfig.GetConcurrency.GetValue }}', place: '{{ index .ProxyConfig.ProxyMetadata \"PLACE\" }}'}}"}}`)
	in := compile(t, s, inject.Options{})
	pod := podJSON(t, `{metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: app}]}}`)
	resource := func(namespace, name, spec string) *mesh.Resource {
		v, err := tree.ParseYAML([]byte("{metadata: {namespace: " + namespace + ", name: " + name + "}, spec: " + spec + "}"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := mesh.ParseResource(v, "")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		resources      *mesh.Resources
		threads, place string
	}{
		{nil, "0", ""},
		{mesh.NewResources(resource("istio-system", "all", "{concurrency: 1}")), "1", ""},
		{mesh.NewResources(resource("istio-system", "all", "{concurrency: 3}")), "3", ""},
		{mesh.NewResources(resource("istio-system", "all", "{concurrency: 3}"), resource("shop", "all", "{environmentVariables: {PLACE: shop}}")), "3", "shop"},
		{mesh.NewResources(resource("shop", "web", "{selector: {matchLabels: {app: web}}, concurrency: 4}")), "4", ""},
		{mesh.NewResources(resource("shop", "other", "{selector: {matchLabels: {app: other}}, concurrency: 4}")), "0", ""},
		{nil, "0", ""},
	} {
		result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop", ProxyConfigs: c.resources})
		if err != nil {
			t.Fatal(err)
		}
		annotations := parsed(t, applied(t, pod, result.Patch)).Get("metadata", "annotations")
		if threads, place := annotations.Get("threads").Text(), annotations.Get("place").Text(); threads != c.threads || place != c.place {
			t.Errorf("%s threads at %q, want %s at %q", threads, place, c.threads, c.place)
		}
	}
}
