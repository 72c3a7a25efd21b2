package chart_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/chart"
)

// hostile are texts that mean something else in YAML than themselves, or would break
// out of where they are written.
var hostile = []string{
	"a: b", "# none", "x # none", "- x", "{x: y}", "[x", "*x", "&x y", "!x y", "%x", "@x", "`x", "'x", `"x`, `x"`, `x\y`, "x: |",
	"true", "null", "~", "yes", "1e3", "0x10", "12", "1.10", "2026-11-26", " x", "x ", "x\ny: z", "x\n  - y", "---\nkind: Pod", `{{ fail "x" }}`, "x\u2028y", "\t",
}

// withTexts are installations with everything that a value can bring into a manifest.
func withTexts() map[string]values {
	all := func(more values) values {
		v := values{
			"revision": "canary", "platform": "openshift", "hostNetwork": true, "priorityClassQuota": true,
			"imagePullSecrets": []any{values{"name": "mirror"}}, "nodeSelector": values{"pool": "system"},
			"serviceMonitor": values{"enabled": true, "interval": "15s", "labels": values{"prometheus": "main"}},
			"prometheusRule": values{"enabled": true, "labels": values{"prometheus": "main"}}, "dashboard": values{"enabled": true},
			"commonLabels": values{"team": "platform"}, "podLabels": values{"tier": "control"}, "podAnnotations": values{"a": "b"},
			"serviceAccount": values{"annotations": values{"note": "b"}}, "extraArgs": []any{"--clock-skew=1m"}, "revisionTags": []any{"prod"},
			"image": values{"tag": "edge"},
			"webhook": values{
				"neverNamespaces": []any{"other"}, "labels": values{"team": "mesh"}, "annotations": values{"note": "b"},
				"namespaceSelector": []any{values{"key": "tier", "operator": "In", "values": []any{"system"}}},
				"objectSelector":    []any{values{"key": "tier", "operator": "In", "values": []any{"system"}}},
			},
		}
		maps.Copy(v, more)
		return v
	}
	return map[string]values{
		"self": all(values{"configuration": maps.Clone(chart.OwnConfiguration)}),
		"cert-manager": all(values{"certMode": "cert-manager", "certManager": values{"issuerRef": values{
			"name": "company", "kind": "ClusterIssuer", "group": "cert-manager.io",
		}}}),
		"files": all(values{"certMode": "files", "certFiles": values{"secretName": "served"}, "configuration": values{
			"source": "mesh", "namespace": "mesh", "injectorConfigMap": "injector", "meshConfigMap": "mesh",
		}}),
	}
}

// TestTextStaysText puts hostile texts into every value that takes them. Each stands
// in the objects as it was given, and nothing else changes.
func TestTextStaysText(t *testing.T) {
	const placeholder = "placeholder"
	var schema, defaults values
	read(t, "values.schema.json", &schema)
	read(t, "values.yaml", &defaults)
	taken := map[string]bool{}
	for name := range withTexts() {
		for _, text := range hostile {
			t.Run(fmt.Sprintf("%s %q", name, text), func(t *testing.T) {
				render := func(as string) []any {
					given := filled(withTexts()[name], schema, "", func(path string, pattern *regexp.Regexp) bool {
						fits := pattern == nil || pattern.MatchString(text) && pattern.MatchString(placeholder)
						taken[path] = taken[path] || fits
						return fits
					}, as)
					rendered, err := chart.Render(chart.Release{Name: "texts", Values: given.(values)})
					if err != nil {
						t.Fatal(err)
					}
					objects(t, rendered.Manifests) // each of its type
					var all []any
					for _, m := range rendered.Manifests {
						var object any
						if err := yaml.Unmarshal([]byte(m.YAML), &object); err != nil {
							t.Fatal(err)
						}
						all = append(all, object)
					}
					return all
				}
				if diff := cmp.Diff(replaced(render(placeholder), placeholder, text), any(render(text))); diff != "" {
					t.Errorf("more changes than the text (-want +got):\n%s", diff)
				}
			})
		}
	}
	if len(taken) < 30 {
		t.Errorf("only %d values are texts", len(taken))
	}
}

// filled is a value with a text in place of each that the schema lets be any, or
// that fits its pattern.
func filled(value any, schema values, path string, fits func(path string, pattern *regexp.Regexp) bool, text string) any {
	switch value := value.(type) {
	case values:
		given := values{}
		properties, _ := schema["properties"].(values)
		for key, member := range value {
			node, known := properties[key].(values)
			if !known {
				node, _ = schema["additionalProperties"].(values)
			}
			given[key] = filled(member, node, path+"."+key, fits, text)
		}
		return given
	case []any:
		items, _ := schema["items"].(values)
		var given []any
		for _, item := range value {
			given = append(given, filled(item, items, path+"[]", fits, text))
		}
		return given
	case string:
		var pattern *regexp.Regexp
		if wanted, ok := schema["pattern"].(string); ok {
			pattern = regexp.MustCompile(wanted)
		}
		if schema["enum"] == nil && schema["type"] == "string" && fits(path, pattern) {
			return text
		}
	}
	return value
}

// replaced is a document with another text in its texts.
func replaced(document any, old, text string) any {
	switch d := document.(type) {
	case []any:
		var all []any
		for _, item := range d {
			all = append(all, replaced(item, old, text))
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for key, member := range d {
			all[strings.ReplaceAll(key, old, text)] = replaced(member, old, text)
		}
		return all
	case string:
		return strings.ReplaceAll(d, old, text)
	}
	return document
}
