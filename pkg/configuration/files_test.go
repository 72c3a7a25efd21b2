package configuration_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// mesh is a control plane's two ConfigMaps as manifests.
type mesh struct {
	namespace, suffix, label, config, values, mesh string
}

// ofRevision is the mesh of a revision as its own installation has it.
func ofRevision(revision string) mesh {
	m := mesh{
		namespace: "istio-system", label: "default",
		config: "templates:\n  sidecar: of " + revision + "\n",
		values: `{"revision":"` + revision + `"}`,
		mesh:   "trustDomain: of-" + revision + "\n",
	}
	if revision != "" {
		m.suffix, m.label = "-"+revision, revision
	}
	return m
}

func (m mesh) injector() string {
	data := map[string]string{"config": m.config}
	if m.values != "" {
		data["values"] = m.values
	}
	return m.manifest("istio-sidecar-injector", data)
}

func (m mesh) meshConfig() string {
	return m.manifest("istio", map[string]string{"mesh": m.mesh, "meshNetworks": "networks: {}"})
}

func (m mesh) manifest(name string, data map[string]string) string {
	metadata := map[string]any{"name": name + m.suffix}
	if m.namespace != "" {
		metadata["namespace"] = m.namespace
	}
	if m.label != "" {
		metadata["labels"] = map[string]string{"istio.io/rev": m.label}
	}
	text, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (m mesh) both() string { return stream(m.injector(), m.meshConfig()) }

func stream(documents ...string) string { return strings.Join(documents, "---\n") }

func inJSON(document string) string {
	text, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func list(documents ...string) string {
	var items []json.RawMessage
	for _, d := range documents {
		items = append(items, json.RawMessage(inJSON(d)))
	}
	text, err := json.MarshalIndent(map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]string{}, "items": items}, "", "    ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

func inYAML(document string) string {
	text, err := yaml.JSONToYAML([]byte(document))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func inUTF16(text string) string {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return string(out)
}

// unrelated are documents as installations have them, also such as nobody can read.
const unrelated = `# Source: base/templates/crds.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
  name: things.example.com
spec: {description: "what a ConfigMap's kind: is"}
---
# nothing but this
---
%TAG ! tag:example.com,2000:
---
apiVersion: v1
kind: Service
spec: {ports: [{port: .inf}]}
---
{{- if .Values.enabled }}
kind: Deployment
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: workflow-controller-configmap}
data:
  config: |
    parallelism: 10
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: metallb-system}
data: {config: "address-pools: []"}
---
`

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mesh.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The ConfigMaps of a mesh are found however a file has them.
func TestConfigMapsAsPeopleHaveThem(t *testing.T) {
	m := ofRevision("")
	for name, text := range map[string]string{
		"a stream":                   m.both(),
		"the other way round":        stream(m.meshConfig(), m.injector()),
		"an installation's manifest": unrelated + m.injector() + "---\n" + unrelated + m.meshConfig(),
		"a List in JSON":             list(m.injector(), m.meshConfig()),
		"a List in YAML":             inYAML(list(m.injector(), m.meshConfig())),
		"a List in a List":           list(list(m.injector()), m.meshConfig()),
		"a List after others":        stream(unrelated, inYAML(list(m.meshConfig(), m.injector()))),
		"JSON after JSON":            inJSON(m.injector()) + "\n" + inJSON(m.meshConfig()),
		"JSON beside YAML":           stream(inJSON(m.injector())+"\n", m.meshConfig()),
		"CRLF":                       strings.ReplaceAll(m.both(), "\n", "\r\n"),
		"a byte order mark":          "\ufeff" + m.both(),
		"UTF-16":                     inUTF16(strings.ReplaceAll(m.both(), "\n", "\r\n")),
		"dividers with comments":     "--- # Source: istiod\n" + strings.ReplaceAll(m.both(), "---\n", "---   # more\n") + "...\n",
		"no namespaces":              mesh{label: "default", config: m.config, values: m.values, mesh: m.mesh}.both(),
		"no labels":                  mesh{namespace: "istio-system", config: m.config, values: m.values, mesh: m.mesh}.both(),
		"twice the same":             stream(m.both(), m.both()),
		"names made by kustomize":    mesh{suffix: "-7k2m9b5g6t", config: m.config, values: m.values, mesh: m.mesh}.both(),
		"of another mesh as well":    stream(m.both(), ofRevision("canary").both()),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&configuration.Files{Config: write(t, text)}).Read()
			if err != nil {
				t.Fatal(err)
			}
			// A break of lines in the text of a key is its own affair.
			config := strings.ReplaceAll(string(got.Config), "\r", "")
			if config != m.config || string(got.Values) != m.values || string(got.Mesh) != m.mesh || got.Revision != "" {
				t.Errorf("got %q, %q, %q of revision %q", got.Config, got.Values, got.Mesh, got.Revision)
			}
		})
	}
}

// A configuration is of the revision that is asked for, or else of its own.
func TestRevisions(t *testing.T) {
	canary, stable := ofRevision("canary"), ofRevision("")
	bare := func(m mesh) mesh { m.label, m.values = "", ""; return m }
	for name, tt := range map[string]struct {
		text, revision string
		want           string
		err            string
	}{
		"its own":                         {text: canary.both(), want: "canary"},
		"its own, by name":                {text: bare(canary).both(), want: "canary"},
		"its own, by label":               {text: mesh{label: "canary", config: canary.config, mesh: canary.mesh}.both(), want: "canary"},
		"its own, by values":              {text: mesh{config: canary.config, values: canary.values}.injector(), want: "canary"},
		"asked for":                       {text: canary.both(), revision: "canary", want: "canary"},
		"asked for, of several":           {text: stream(stable.both(), canary.both()), revision: "canary", want: "canary"},
		"the default one of several":      {text: stream(canary.both(), stable.both()), want: ""},
		"the default one by its name":     {text: stream(canary.both(), stable.both()), revision: "default", want: "default"},
		"a copy with the old label":       {text: mesh{suffix: "-canary", label: "default", config: canary.config, values: stable.values, mesh: canary.mesh}.both(), revision: "canary", want: "canary"},
		"an operator's":                   {text: ofRevision("default-v1-24-0").both(), want: "default-v1-24-0"},
		"another than is asked for":       {text: canary.both(), revision: "1-29-0", err: "ConfigMap istio-system/istio-sidecar-injector-canary is of revision canary, and --revision asks for revision 1-29-0"},
		"the default one, not asked for":  {text: stable.both(), revision: "canary", err: "istio-sidecar-injector is of the default revision, and --revision asks for revision canary"},
		"several others":                  {text: stream(canary.both(), stable.both()), revision: "x", err: "it has ConfigMap istio-system/istio-sidecar-injector-canary of revision canary, ConfigMap istio-system/istio-sidecar-injector of the default revision, and --revision asks for revision x"},
		"several, and none is asked for":  {text: stream(canary.both(), ofRevision("blue").both()), err: "ConfigMaps of several revisions in it (blue, canary), and none of the default one: choose by --revision"},
		"the mesh of another":             {text: stream(canary.injector(), stable.meshConfig()), err: "ConfigMap istio-system/istio is of the default revision, and "},
		"the mesh of another namespace":   {text: stream(stable.injector(), mesh{namespace: "other", mesh: "{}"}.meshConfig()), err: "ConfigMap other/istio is in another namespace, so of another mesh"},
		"two that differ":                 {text: stream(stable.injector(), bare(stable).injector()), err: "ConfigMap istio-system/istio-sidecar-injector stands in it twice, and not alike"},
		"two meshes in two namespaces":    {text: stream(stable.both(), mesh{namespace: "other", config: "templates: {}", mesh: "{}"}.both()), err: `both ConfigMap istio-system/istio-sidecar-injector and ConfigMap other/istio-sidecar-injector have the key "config"`},
		"nothing that says which is what": {text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: own}, data: {config: 'templates: {}', mesh: ''}}", revision: "canary", want: "canary"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&configuration.Files{Config: write(t, tt.text), Revision: tt.revision}).Read()
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("%v, want %s", err, tt.err)
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err == "" && got.Revision != tt.want:
				t.Errorf("it is of revision %q, want %q", got.Revision, tt.want)
			}
		})
	}
}

// Texts of several files are of one mesh as well.
func TestSeveralFiles(t *testing.T) {
	canary, stable := ofRevision("canary"), ofRevision("")
	for name, tt := range map[string]struct {
		config, values, mesh string
		revision             string
		err                  string
	}{
		"bare texts":                   {config: stable.config, values: stable.values, mesh: stable.mesh},
		"bare texts of a revision":     {config: canary.config, values: canary.values, mesh: canary.mesh, revision: "canary"},
		"bare values of another":       {config: canary.config, values: canary.values, revision: "blue", err: "the values are of revision canary, and --revision asks for revision blue"},
		"bare values for a ConfigMap":  {config: canary.injector(), values: canary.values},
		"bare values of another mesh":  {config: canary.injector(), values: ofRevision("blue").values, err: "the values are of revision blue, and "},
		"ConfigMaps in their own file": {config: canary.injector(), values: canary.injector(), mesh: canary.meshConfig()},
		"a mesh of another":            {config: canary.injector(), mesh: stable.meshConfig(), err: "ConfigMap istio-system/istio is of the default revision, and "},
		"values of another":            {config: canary.injector(), values: stable.injector(), err: "ConfigMap istio-system/istio-sidecar-injector is of the default revision, and "},
		"no such key":                  {config: canary.injector(), mesh: canary.injector(), err: `no ConfigMap in it has the key "mesh"`},
		"another kind":                 {config: "apiVersion: v1\nkind: Secret\ndata: {config: aGk=}", err: `no ConfigMap in it has the key "config"`},
		"no text":                      {config: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata:\n  config:\n    templates: {}\n", err: `ConfigMap own, key "config": a ConfigMap holds text, and this is none`},
		"several documents":            {config: "policy: enabled\n---\ntemplates: {}\n", err: `no ConfigMap in it has the key "config"`},
		"no mapping":                   {config: "hunter2\n", err: "it holds neither ConfigMaps nor the text of a ConfigMap's key"},
		"a broken document":            {config: unrelated + "apiVersion: v1\nkind: ConfigMap\n  data: {}\n", err: "line 35: mapping values are not allowed"},
		"values that nobody gave":      {config: "templates:\n  sidecar: '{{ with .Values.global }}{{ end }}'\n", err: "its templates read .Values.global (line 1 of the template at sidecar:2), and no values are given: name the file that has them with --values-file"},
		"values on a later line":       {config: "policy: enabled\ntemplates:\n  plain: '{{ .Revision }}'\n  sidecar: |\n    {{/* .Values.not */}}\n    spec: {}\n    {{- if .Values.nope.nada }}\n    {{- end }}\n", err: "its templates read .Values.nope.nada (line 3 of the template at sidecar:4), and"},
		"values of the only template":  {config: "template: |\n  [[ valueOrDefault .Values.a 1 ]]\n", err: "its templates read .Values.a (line 1 of the template at template:1), and"},
		"values that a comment names":  {config: "templates:\n  sidecar: '{{/* not .Values */}}{{ .Revision }} .Values'\n"},
		"values that are empty":        {config: "templates:\n  sidecar: '{{ .Values }}'\n", values: "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &configuration.Files{Config: write(t, tt.config), Revision: tt.revision}
			if tt.values != "" {
				f.Values = write(t, tt.values)
			}
			if tt.mesh != "" {
				f.Mesh = write(t, tt.mesh)
			}
			_, err := f.Read()
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("%v, want %s", err, tt.err)
			case tt.err == "" && err != nil:
				t.Error(err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error has the file in it: %v", err)
			}
		})
	}
}

// What can be read but once is read once, for all the flags that name it, and for
// every time that the configuration is asked for.
func TestStreamsAreReadOnce(t *testing.T) {
	m := ofRevision("")
	read, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = feed.WriteString(m.both())
		_ = feed.Close()
	}()
	t.Cleanup(func() { _ = read.Close() })
	pipe := filepath.Join("/dev/fd", strconv.Itoa(int(read.Fd())))
	for name, f := range map[string]*configuration.Files{
		"the standard input": {Config: "-", Mesh: "-", Stdin: strings.NewReader(m.both())},
		"a pipe":             {Config: pipe, Values: pipe, Mesh: pipe},
	} {
		for range 2 {
			got, err := f.Read()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if string(got.Config) != m.config || string(got.Values) != m.values || string(got.Mesh) != m.mesh {
				t.Errorf("%s: got %q, %q, %q", name, got.Config, got.Values, got.Mesh)
			}
		}
	}
	if _, err := (&configuration.Files{Config: "-"}).Read(); err == nil || !strings.Contains(err.Error(), "standard input") {
		t.Errorf("without a standard input: %v", err)
	}
}

func TestEndlessFile(t *testing.T) {
	if _, err := (&configuration.Files{Config: "/dev/zero"}).Read(); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}
