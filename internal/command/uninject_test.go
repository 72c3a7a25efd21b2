package command

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestGoldensComeBack injects the input of every golden case, takes it off again,
// and injects in place of another configuration.
func TestGoldensComeBack(t *testing.T) {
	cases, err := findCases("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file, s, err := c.read()
			if err != nil {
				t.Fatal(err)
			}
			if file.Error != "" {
				return
			}
			input, err := os.ReadFile(c.path(caseInput))
			if err != nil {
				t.Fatal(err)
			}
			golden := injectedText(t, s, input)

			back, _ := uninjectedText(t, golden, s.workloads)
			if !sameDocuments(t, back, input) {
				t.Errorf("it comes back as\n%s", back)
			}
			if same, _ := uninjectedText(t, input, s.workloads); !bytes.Equal(same, input) {
				t.Errorf("what was not injected comes out as\n%s", same)
			}

			recorded := *s
			recorded.record = true
			back, notes := uninjectedText(t, injectedText(t, &recorded, input), s.workloads)
			if !bytes.Equal(back, input) || len(notes) > 0 {
				t.Errorf("with a record it comes back as\n%s\nand with notes %v", back, notes)
			}

			other := &settings{nativeSidecars: "false", workloads: s.workloads, record: true}
			other.profile = "istio-1.0"
			if c.name == "golden/profile-1.0" {
				other.profile = "istio"
			}
			if strings.Contains(string(input), "inject.istio.io/templates") || strings.Contains(string(input), "name: istio-proxy") {
				return // templates that the profiles have no other's of, or a proxy that the 1.0 line does not lay over
			}
			if replaced := injectedText(t, s, injectedText(t, other, input)); !sameDocuments(t, replaced, golden) {
				t.Errorf("in place of another injection it is\n%s", replaced)
			}
		})
	}
}

func injectedText(t rapid.TB, s *settings, text []byte) []byte {
	t.Helper()
	in, err := s.prepare()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = in.rewriter(&report{})(&out, bytes.NewReader(text), "in")
	if drawn, ok := t.(*rapid.T); ok && err != nil && strings.Contains(err.Error(), " of that name") {
		drawn.Skip(err) // the 1.0 line appends a second container or volume to a pod that has one
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func uninjectedText(t rapid.TB, text []byte, workloads []string) (back []byte, notes []inject.Note) {
	t.Helper()
	kinds, err := parseKinds(workloads)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = uninject(&out, bytes.NewReader(text), manifest.Options{File: "in", Kinds: kinds},
		func(_ manifest.Workload, u inject.Uninjected) { notes = append(notes, u.Notes...) },
		func(w manifest.Workload) { t.Errorf("the text of %s was changed", w.Name) })
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), notes
}

func sameDocuments(t rapid.TB, a, b []byte) bool {
	t.Helper()
	return tree.Equal(tree.NewArray(documents(t, a)...), tree.NewArray(documents(t, b)...))
}

func documents(t rapid.TB, text []byte) []*tree.Value {
	t.Helper()
	var all []*tree.Value
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return all
		}
		var v *tree.Value
		if err == nil {
			v, err = tree.FromYAML(&node)
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

// TestRecordSurvivesNewTags: where nothing but tags was changed since, a record is of use,
// and the text comes back with the new ones.
func TestRecordSurvivesNewTags(t *testing.T) {
	const flow = "# ours\nkind: Pod # one\napiVersion: v1\nmetadata: {name: web, labels: {a: b}}\nspec: {\"containers\": [{name: web, \"image\": \"registry:5000/web:1\"}]} # flow\n"
	for name, input := range map[string]string{
		"flow style": flow,
		"json":       `{"kind": "Pod", "apiVersion": "v1", "spec": {"containers": [{"name": "web", "image": "web:1"}]}, "metadata": {"name":"web"}}`,
		"quotes":     "kind: Pod\napiVersion: v1\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image:   'web:1'  # ours\n    livenessProbe: {httpGet: {port: 80, path: /}} # probe\n",
		"a list":     "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: a} # a\n  spec: {containers: [{name: web, image: \"web:1\"}]}\n- kind: Pod\n  apiVersion: v1\n  metadata: {name: b} # b\n  spec: {containers: [{name: web, image: \"web:1\"}, {name: more, image: \"more:1\"}]}\n",
		"many":       flow + "---\n" + strings.ReplaceAll(flow, "name: web", "name: other"),
	} {
		for _, tag := range []string{"2", "2.0-rc.1", "2@sha256:" + strings.Repeat("0", 64)} {
			if len(tag) > 64 && strings.Contains(input, "[{") {
				continue // what is written on one line is written on several where it is too long
			}
			retagged := func(text string) string { return strings.ReplaceAll(text, `web:1"`, "web:"+tag+`"`) }
			if name == "quotes" {
				retagged = func(text string) string { return strings.ReplaceAll(text, "web:1'", "web:"+tag+"'") }
			}
			var lines []string
			for line := range strings.Lines(string(injectedText(t, &settings{record: true, nativeSidecars: "false"}, []byte(input)))) {
				if !strings.Contains(line, pod.RecordKey) || name == "json" {
					line = retagged(line)
				}
				lines = append(lines, line)
			}
			if back, notes := uninjectedText(t, []byte(strings.Join(lines, "")), nil); string(back) != retagged(input) || len(notes) > 0 {
				t.Errorf("%s: with tag %s it comes back as\n%s\nand with notes %v", name, tag, back, notes)
			}
		}
	}
}

// TestRandomTextComesBack injects workloads with a record, written in all sorts
// of styles, and wants every byte of them back.
func TestRandomTextComesBack(t *testing.T) {
	var injections []*settings
	for _, profile := range []string{"istio", "istio-1.0"} {
		for _, native := range []string{"true", "false"} {
			s := &settings{nativeSidecars: native, record: true}
			s.profile = profile
			injections = append(injections, s)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(randomManifest(t))
		injected := injectedText(t, rapid.SampledFrom(injections).Draw(t, "settings"), text)
		if back, _ := uninjectedText(t, injected, nil); !bytes.Equal(back, text) {
			t.Fatalf("--- was\n%s\n--- came back\n%s", text, back)
		}
		again := injectedText(t, rapid.SampledFrom(injections).Draw(t, "settings after that"), injected)
		if back, _ := uninjectedText(t, again, nil); !bytes.Equal(back, text) {
			t.Fatalf("--- was\n%s\n--- came back from the second injection\n%s", text, back)
		}
	})
}

// randomManifest is a Deployment with comments and blank lines anywhere.
func randomManifest(t *rapid.T) string {
	var b strings.Builder
	line := func(indent int, text string) {
		b.WriteString(strings.Repeat(" ", indent) + text)
		b.WriteString(rapid.SampledFrom([]string{"\n", "\n", " # beside\n", "\n\n"}).Draw(t, "end"))
		if rapid.IntRange(1, 6).Draw(t, "comment") == 1 {
			b.WriteString(strings.Repeat(" ", rapid.SampledFrom([]int{0, indent, indent + 2}).Draw(t, "column")) + "# comment\n")
		}
	}
	maybe := func() bool { return rapid.Bool().Draw(t, "maybe") }
	of := func(texts ...string) string { return rapid.SampledFrom(texts).Draw(t, "style") }
	line(0, "apiVersion: apps/v1")
	line(0, "kind: Deployment")
	line(0, of("metadata: {name: web}", "metadata: {\"name\": 'web'}"))
	line(0, "spec:")
	line(2, "template:")
	if maybe() {
		line(4, "metadata:")
		line(6, of("labels: {app: web}", "labels: {app: web, security.istio.io/tlsMode: istio}", "labels:"))
		line(6, of("annotations: {}", "annotations: {prometheus.io/port: \"80\"}", "annotations: {'prometheus-io/path': /m, a: b}", "annotations:"))
	}
	line(4, "spec:")
	if maybe() {
		line(6, of("initContainers: []", "initContainers: [{name: setup}]", "initContainers:"))
	}
	line(6, "containers:")
	for _, name := range rapid.SampledFrom([][]string{{"web"}, {"istio-proxy", "web"}, {"web", "istio-proxy"}, {"web", "other"}}).Draw(t, "containers") {
		dash := of("- ", "-   ")
		line(6, dash+of("name: "+name, "'name': \""+name+"\""))
		indent := 6 + len(dash)
		line(indent, of("image: auto", "image: >-\n"+strings.Repeat(" ", indent+2)+"web"))
		if maybe() {
			line(indent, "ports: [{containerPort: 80, name: http}]")
			line(indent, "livenessProbe:")
			line(indent+2, of("httpGet: {path: /, port: 80}", "tcpSocket: {port: http}", "httpGet:\n"+strings.Repeat(" ", indent+4)+"port: 0x50"))
			line(indent+2, "timeoutSeconds: 2")
		}
	}
	if maybe() {
		line(6, of("volumes: [{name: data, emptyDir: {}}]", "volumes:\n      - name: istio-envoy", "securityContext: {fsGroup: 1337}", "imagePullSecrets: []"))
	}
	return b.String()
}
