package podtemplate

import (
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"sigs.k8s.io/yaml"
)

func dialect(funcs template.FuncMap) *Dialect {
	return &Dialect{Left: "{{", Right: "}}", Functions: funcs, Data: reflect.TypeFor[View]()}
}

func TestTemplateFunctions(t *testing.T) {
	t.Setenv("INJECT_COLOUR", "red")
	t.Setenv("OPEN", "yes")
	t.Setenv("SECRET", "no")
	funcs := Functions([]string{"OPEN"})
	for text, want := range map[string]string{
		`{{ excludeInboundPort 15020 "" }}`:                                              "15020",
		`{{ excludeInboundPort 15020 "80, 81" }}`:                                        "80,81,15020",
		`{{ excludeInboundPort "80" "80,81" }}`:                                          "80,81",
		`{{ excludeInboundPort 0 "80" }}`:                                                "80",
		`{{ valueOrDefault "" "d" }}{{ valueOrDefault nil "e" }}`:                        "de",
		`{{ toJSON (strdict "b" "1" "a" "2") }}`:                                         `{"a":"2","b":"1"}`,
		`{{ toJSON (strdict "a" 1 true) }}`:                                              `{"a":"1","true":""}`,
		`{{ toJsonMap (strdict "a" "1") (strdict "a" "2") }}`:                            `{"a":"2"}`,
		`{{ range $k, $v := omit (strdict "a" "1" "b" "2") "a" }}{{ $k }}{{ end }}`:      "b",
		"{{ indent 2 \"a\\nb\" }}":                                                       "a\n  b",
		`{{ directory "/etc/certs/ca.pem" }}`:                                            "/etc/certs/",
		`{{ contains "/" "a/b" }}`:                                                       "true",
		`{{ toLower "ABC" | upper }}`:                                                    "ABC",
		`{{ appendMultusNetwork "" "ns/net" }}`:                                          "ns/net",
		`{{ appendMultusNetwork "a, ns/net" "ns/net" }}`:                                 "a, ns/net",
		`{{ appendMultusNetwork "a" "ns/net" }}`:                                         "a, ns/net",
		"{{ appendMultusNetwork `[]` `ns/net` }}":                                        `[{"name": "net", "namespace": "ns"}]`,
		"{{ appendMultusNetwork `[{\"name\":\"net\"}]` `ns/net` }}":                      `[{"name":"net"}, {"name": "net", "namespace": "ns"}]`,
		"{{ appendMultusNetwork `[{\"name\":\"net\",\"namespace\":\"ns\"}]` `ns/net` }}": `[{"name":"net","namespace":"ns"}]`,
		`{{ squote "it's" }}`:                                                            "'it''s'",
		"{{ appendMultusNetwork `[{\"name\":\"net\"}]` `net` }}":                         `[{"name":"net"}]`,
		`{{ env "INJECT_COLOUR" "x" }} {{ env "INJECT_NONE" "x" }} {{ env "OPEN" "" }}`:  "red x yes",
		"{{ toYaml (omitNil (fromJSON `{\"a\":null,\"b\":[{\"c\":null}]}`)) }}":          "b:\n- {}\n",
		`{{ formatDuration .Duration }}`:                                                 "1m30s",
	} {
		tmpl, err := dialect(funcs).Parse("t", text)
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
		`{{ env "SECRET" "" }}`:                            "variable SECRET is not open to templates",
		`{{ fromJSON "{" }}`:                               "unexpected end of JSON input",
		"{{ appendMultusNetwork `[x` `n` }}":               "annotation k8s.v1.cni.cncf.io/networks",
		"{{ appendMultusNetwork `{\"name\":\"a\"}` `n` }}": "annotation k8s.v1.cni.cncf.io/networks: a list of objects is wanted",
		"{{ appendMultusNetwork `[{}]` `n` }}":             "annotation k8s.v1.cni.cncf.io/networks: network 0 has no name",
		"{{ appendMultusNetwork `[{\"name\":1}]` `n` }}":   "annotation k8s.v1.cni.cncf.io/networks: network 0 has no name",
	} {
		tmpl, err := dialect(funcs).Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		if err := tmpl.text.Execute(&strings.Builder{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, name := range []string{"expandenv", "getHostByName"} {
		if _, err := dialect(funcs).Parse("t", "{{ "+name+" `x` }}"); err == nil {
			t.Errorf("templates can call %s", name)
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
		var v Values
		if err := yaml.Unmarshal([]byte(c.values), &v); err != nil {
			t.Fatal(err)
		}
		if got := ProxyImage(v, c.imageType); got != c.want {
			t.Errorf("%s as %q: got %s, want %s", c.values, c.imageType, got, c.want)
		}
	}
}
