package inject

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"istio.io/api/annotation"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func value(t *testing.T, text string) *tree.Value {
	t.Helper()
	v, err := tree.ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParsePath(t *testing.T) {
	for path, want := range map[string]map[string]string{
		"/inject":                              nil,
		"/inject/":                             nil,
		"/inject/cluster/c1":                   {"ISTIO_META_CLUSTER_ID": "c1"},
		"/inject/cluster/c1/net/n--slash--1":   {"ISTIO_META_CLUSTER_ID": "c1", "ISTIO_META_NETWORK": "n/1"},
		"/inject/my_key/v/odd":                 {"MY_KEY": "v"},
		"/inject/:ENV:cluster=c:ENV:Net=n=m":   {"cluster": "c", "Net": "n=m"},
		"/inject/:ENV:broken:ENV:=x:ENV:a=b":   {"a": "b"},
		"/inject/cluster/c1/cluster/c2/net/n1": {"ISTIO_META_CLUSTER_ID": "c2", "ISTIO_META_NETWORK": "n1"},
	} {
		if diff := cmp.Diff(want, ParsePath(path).Env); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestOwner(t *testing.T) {
	owned := func(kind, name, labels string) string {
		return `{metadata: {generateName: x-, labels: {` + labels + `}, ownerReferences: [{kind: Other, name: o}, {apiVersion: g/v1, kind: ` + kind + `, name: ` + name + `, controller: true}]}}`
	}
	for _, c := range []struct {
		pod, want string
	}{
		{`{metadata: {name: bare}}`, "v1 Pod bare"},
		{`{metadata: {name: named, ownerReferences: [{kind: Job, name: j, controller: true}]}}`, "v1 Pod named"},
		{`{metadata: {generateName: g-, ownerReferences: [{kind: Job, name: j}]}}`, "v1 Pod "},
		{owned("ReplicaSet", "web-5d8f", "pod-template-hash: 5d8f"), "g/v1 Deployment web"},
		{owned("ReplicaSet", "web-5d8f", "pod-template-hash: other"), "g/v1 ReplicaSet web-5d8f"},
		{owned("ReplicaSet", "web-5d8f", "rollouts-pod-template-hash: 5d8f"), "argoproj.io/v1alpha1 Rollout web"},
		{owned("ReplicationController", "web-1", "deploymentconfig: web"), "g/v1 DeploymentConfig web"},
		{owned("ReplicationController", "web-1", ""), "g/v1 ReplicationController web-1"},
		{owned("Job", "nightly-28462080", ""), "batch/v1 CronJob nightly"},
		{owned("Job", "nightly-1234567", ""), "g/v1 Job nightly-1234567"},
		{owned("Job", "nightly-12345678901", ""), "g/v1 Job nightly-12345678901"},
		{owned("StatefulSet", "db", ""), "g/v1 StatefulSet db"},
	} {
		w := OwnerOf(value(t, c.pod), "ns")
		if got := w.APIVersion + " " + w.Kind + " " + w.Name; got != c.want || w.Namespace != "ns" {
			t.Errorf("%s: got %s in %s, want %s", c.pod, got, w.Namespace, c.want)
		}
	}
}

func TestProxyIDsOnOpenShift(t *testing.T) {
	for _, c := range []struct {
		uids, groups string
		uid, gid     int64
		err          string
	}{
		{"1000620000/10000", "1000620000/10000", 1000629999, 1000629999, ""},
		{"1000-1999", "5/5,100/7", 1999, 9, ""},
		{"1000/10", "", 1009, 1009, ""},
		{"", "", 1337, 1337, ""},
		{"many", "", 0, 0, `namespace annotation openshift.io/sa.scc.uid-range: "many" is neither start/size nor start-end`},
		{"1/1", "x/1", 0, 0, `namespace annotation openshift.io/sa.scc.supplemental-groups: "x/1" is neither start/size nor start-end`},
		{"20-10", "", 0, 0, `namespace annotation openshift.io/sa.scc.uid-range: "20-10" is neither start/size nor start-end`},
	} {
		annotations := map[string]string{uidRangeAnnotation: c.uids, supplementalGroupsAnnotation: c.groups}
		if c.uids == "" {
			delete(annotations, uidRangeAnnotation)
		}
		uid, gid, err := proxyIDs(annotations)
		if err != nil && err.Error() != c.err || err == nil && c.err != "" || uid != c.uid || gid != c.gid {
			t.Errorf("%q, %q: %d, %d, %v", c.uids, c.groups, uid, gid, err)
		}
	}
}

func TestProxyImage(t *testing.T) {
	for _, c := range []struct{ values, imageType, want string }{
		{`global: {hub: h/m, tag: "1.2"}`, "", "h/m/proxyv2:1.2"},
		{`global: {hub: h, tag: 1.5}`, "debug", "h/proxyv2:1.5-debug"},
		{`global: {hub: h, tag: 12}`, "", "h/proxyv2:12"},
		{`global: {hub: h, tag: 1.2-distroless, proxy: {image: own}}`, "debug", "h/own:1.2-debug"},
		{`global: {hub: h, tag: 1.2-distroless}`, "default", "h/proxyv2:1.2"},
		{`global: {hub: h, tag: 1.2-distroless}`, "distroless", "h/proxyv2:1.2-distroless"},
		{`global: {hub: h, tag: 1.2}`, "own", "h/proxyv2:1.2-own"},
		{`{}`, "debug", "proxyv2"},
	} {
		var v values
		if err := yaml.Unmarshal([]byte(c.values), &v); err != nil {
			t.Fatal(err)
		}
		if got := proxyImage(v, c.imageType); got != c.want {
			t.Errorf("%s as %q: got %s, want %s", c.values, c.imageType, got, c.want)
		}
	}
}

func TestTemplateFunctions(t *testing.T) {
	t.Setenv("INJECT_COLOUR", "red")
	t.Setenv("OPEN", "yes")
	t.Setenv("SECRET", "no")
	funcs := templateFuncs([]string{"OPEN"})
	for text, want := range map[string]string{
		`{{ excludeInboundPort 15020 "" }}`:                                             "15020",
		`{{ excludeInboundPort 15020 "80, 81" }}`:                                       "80,81,15020",
		`{{ excludeInboundPort "80" "80,81" }}`:                                         "80,81",
		`{{ excludeInboundPort 0 "80" }}`:                                               "80",
		`{{ valueOrDefault "" "d" }}{{ valueOrDefault nil "e" }}`:                       "de",
		`{{ toJSON (strdict "b" "1" "a" "2") }}`:                                        `{"a":"2","b":"1"}`,
		`{{ toJsonMap (strdict "a" "1") (strdict "a" "2") }}`:                           `{"a":"2"}`,
		`{{ range $k, $v := omit (strdict "a" "1" "b" "2") "a" }}{{ $k }}{{ end }}`:     "b",
		"{{ indent 2 \"a\\nb\" }}":                                                      "a\n  b",
		`{{ directory "/etc/certs/ca.pem" }}`:                                           "/etc/certs/",
		`{{ contains "/" "a/b" }}`:                                                      "true",
		`{{ toLower "ABC" | upper }}`:                                                   "ABC",
		`{{ appendMultusNetwork "" "ns/net" }}`:                                         "ns/net",
		`{{ appendMultusNetwork "a, ns/net" "ns/net" }}`:                                "a, ns/net",
		`{{ appendMultusNetwork "a" "ns/net" }}`:                                        "a, ns/net",
		"{{ appendMultusNetwork `[]` `ns/net` }}":                                       `[{"name": "net", "namespace": "ns"}]`,
		"{{ appendMultusNetwork `[{\"name\":\"net\"}]` `net` }}":                        `[{"name":"net"}]`,
		`{{ env "INJECT_COLOUR" "x" }} {{ env "INJECT_NONE" "x" }} {{ env "OPEN" "" }}`: "red x yes",
		"{{ toYaml (omitNil (fromJSON `{\"a\":null,\"b\":[{\"c\":null}]}`)) }}":         "b:\n- {}\n",
		`{{ formatDuration .Duration }}`:                                                "1m30s",
	} {
		tmpl, err := parseTemplate("t", text, "{{", "}}", funcs, reflect.TypeFor[view]())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var out strings.Builder
		if err := tmpl.text.Execute(&out, map[string]any{"Duration": durationpb.New(90 * time.Second)}); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if out.String() != want {
			t.Errorf("%s: got %q, want %q", text, out.String(), want)
		}
	}
	for text, want := range map[string]string{
		`{{ env "SECRET" "" }}`:              "variable SECRET is not open to templates",
		`{{ fromJSON "{" }}`:                 "unexpected end of JSON input",
		`{{ strdict "a" }}`:                  "strdict wants keys and values in turn",
		"{{ appendMultusNetwork `[x` `n` }}": "annotation k8s.v1.cni.cncf.io/networks",
	} {
		tmpl, err := parseTemplate("t", text, "{{", "}}", funcs, reflect.TypeFor[view]())
		if err != nil {
			t.Fatal(err)
		}
		if err := tmpl.text.Execute(&strings.Builder{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, name := range []string{"expandenv", "getHostByName"} {
		if _, err := parseTemplate("t", "{{ "+name+" `x` }}", "{{", "}}", funcs, reflect.TypeFor[view]()); err == nil {
			t.Errorf("templates can call %s", name)
		}
	}
}

func TestConfigurationErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ config, values, mesh, want string }{
		{"a: [", "", "", "injector config: yaml: line 1"},
		{"[1]", "", "", "injector config: an object is wanted, not a list"},
		{"policy: enabled", "", "", `injector config: it has neither "templates" nor, as the 1.0 line does, "template"`},
		{"templates: {a: \"x\\n{{ if }}\"}", "", "", "injector config: template: a:2: missing value for if"},
		{"templates: {a: '{{ nope }}'}", "", "", `injector config: template: a:1: function "nope" not defined`},
		{"templates: {a: [1]}", "", "", "injector config: templates: a: a string is wanted, not a list"},
		{"{templates: {a: x}, aliases: {b: c}}", "", "", `injector config: aliases: b: a list is wanted, not the string "c"`},
		{"{templates: {a: x}, policy: true}", "", "", "injector config: policy: a string is wanted, not true"},
		{"templates: {a: x}", "a: [", "", "injector values: "},
		{"templates: {a: x}", "", "defaultConfig: {concurrency: many}", "mesh config: proto:"},
		{"templates: {a: x}", "", "outboundTrafficPolicy: [", "mesh config: yaml: line 1"},
		{"templates: {a: x}", "", "defaultConfig: {statusPort: 70000}", "mesh config: defaultConfig: statusPort: 70000 is not a port"},
		{"template: '[[ nope ]]'", "", "", `injector config: template: template:1: function "nope" not defined`},
		{"template: x", "", "defaultConfig: {interceptionMode: NOPE}", `mesh config: error unmarshaling JSON: while decoding JSON: "NOPE" is none of [REDIRECT TPROXY]`},
	} {
		_, err := Compile(Sources{[]byte(c.config), []byte(c.values), []byte(c.mesh)}, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s | %s | %s: %v, want %s", c.config, c.values, c.mesh, err, c.want)
		}
	}
}

func TestMeshConfigLaysOverDefaults(t *testing.T) {
	mesh, err := parseMeshConfig([]byte(`
enableTracing: false
unheardOf: 1
trustDomainAliases: [a]
extensionProviders: [{name: prometheus, prometheus: {}}, {name: own, envoyFileAccessLog: {path: /x}}]
defaultConfig:
  drainDuration: 90s
  proxyMetadata: {A: "1"}
`))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, p := range mesh.ExtensionProviders {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"prometheus", "own", "stackdriver", "envoy"}, names); diff != "" {
		t.Error(diff)
	}
	if mesh.EnableTracing || mesh.IngressClass != "istio" || mesh.DefaultConfig.StatusPort != 15020 || mesh.DefaultConfig.DrainDuration.Seconds != 90 {
		t.Errorf("got %v", mesh)
	}
	pod, err := parseProxyConfig(mesh.DefaultConfig, "{proxyMetadata: {B: '2'}, statusPort: 0}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "1", "B": "2"}, pod.ProxyMetadata); diff != "" || pod.StatusPort != 0 {
		t.Errorf("%s, statusPort %d", diff, pod.StatusPort)
	}
	if len(mesh.DefaultConfig.ProxyMetadata) != 1 {
		t.Error("the mesh's own ProxyConfig changed")
	}
}

// TestDeprecatedIsWhatTheAPISays holds the list against the mesh's API, which
// marks what is on its way out.
func TestDeprecatedIsWhatTheAPISays(t *testing.T) {
	marked := map[string]bool{}
	for _, a := range annotation.AllResourceAnnotations() {
		if a.Deprecated {
			marked[a.Name] = true
		}
	}
	for name := range marked {
		if deprecated[name] == "" {
			t.Errorf("%s is deprecated, and nothing warns of it", name)
		}
	}
	for name := range deprecated {
		if !marked[name] {
			t.Errorf("%s is not deprecated", name)
		}
	}
}
