package inject

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	for path, want := range map[string]map[string]string{
		"/inject":                              nil,
		"/inject/":                             nil,
		"/inject/cluster/c1":                   {"ISTIO_META_CLUSTER_ID": "c1"},
		"/inject/cluster/c1/net/n--slash--1":   {"ISTIO_META_CLUSTER_ID": "c1", "ISTIO_META_NETWORK": "n/1"},
		"/inject/my_key/v/odd":                 {"MY_KEY": "v"},
		"/inject/:ENV:cluster=c:ENV:Name=n=m":  {"ISTIO_META_CLUSTER_ID": "c", "NAME": "n=m"},
		"/inject/:ENV:broken:ENV:=x:ENV:a=b":   {"A": "b"},
		"/inject/cluster/c1/cluster/c2/net/n1": {"ISTIO_META_CLUSTER_ID": "c2", "ISTIO_META_NETWORK": "n1"},
	} {
		if diff := cmp.Diff(want, ParsePath(path).Env); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestConfigurationErrorsNameThePlace(t *testing.T) {
	for _, c := range []struct{ config, values, mesh, want string }{
		{"a: [", "", "", "injector config: yaml: line 1"},
		{"[1]", "", "", "injector config: an object is wanted, not a list"},
		{"policy: enabled", "", "", `injector config: it has neither "templates" nor, as the releases to 1.8 do, "template"`},
		{"templates: {a: \"x\\n{{ if }}\"}", "", "", "injector config: template: a:2: missing value for if"},
		{"templates: {a: '{{ nope }}'}", "", "", `injector config: template: a:1: function "nope" not defined`},
		{"templates: {a: [1]}", "", "", "injector config: templates: a: a string is wanted, not a list"},
		{"{templates: {a: x}, aliases: {b: c}}", "", "", `injector config: aliases: b: a list is wanted, not the string "c"`},
		{"{templates: {a: x}, policy: true}", "", "", "injector config: policy: a string is wanted, not true"},
		{"templates: {a: x}", "a: [", "", "injector values: "},
		{"templates: {a: x}", "", "defaultConfig: {concurrency: many}", `mesh config: defaultConfig: concurrency: a whole number is wanted, not the string "many"`},
		{"templates: {a: x}", "", "outboundTrafficPolicy: [", "mesh config: yaml: line 1"},
		{"templates: {a: x}", "", "defaultConfig: {statusPort: 70000}", "mesh config: defaultConfig: statusPort: 70000 is no port"},
		{"template: '[[ nope ]]'", "", "", `injector config: template: template:1: function "nope" not defined`},
		{"template: x", "", "defaultConfig: {interceptionMode: NOPE}", `mesh config: defaultConfig: interceptionMode: "NOPE" is none of REDIRECT, TPROXY, NONE`},
	} {
		_, err := Compile(Sources{[]byte(c.config), []byte(c.values), []byte(c.mesh)}, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s | %s | %s: %v, want %s", c.config, c.values, c.mesh, err, c.want)
		}
	}
}
