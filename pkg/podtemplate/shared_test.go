package podtemplate

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// sharers are what a template can do to what pods share.
var sharers = []string{
	`{{ $_ := set .Values "leak" .ObjectMeta.Name }}`,
	`{{ $_ := set .Values.map .ObjectMeta.Name "x" }}`,
	`{{ $_ := unset .Values "map" }}`,
	`{{ $_ := merge .Values (dict "leak" .ObjectMeta.Name) }}`,
	`{{ $_ := mergeOverwrite .Values.map (dict "k" .ObjectMeta.Name) }}`,
	`{{ $_ := mustMerge .Values.map (dict .ObjectMeta.Name "x") }}`,
	`{{ $_ := mustMergeOverwrite .Values (dict "list" (list .ObjectMeta.Name)) }}`,
	`{{ range .Values.maps }}{{ $_ := set . "leak" $.ObjectMeta.Name }}{{ end }}`,
	`{{ $_ := set (index .Values.maps 0) "leak" .ObjectMeta.Name }}`,
	`{{ $_ := append .Values.list .ObjectMeta.Name }}`,
	`{{ $_ := prepend .Values.list .ObjectMeta.Name }}`,
	`{{ $_ := append (slice .Values.list 0 1) .ObjectMeta.Name }}`,
	`{{ $_ := sortAlpha .Values.list }}`,
	`{{ $_ := sortAlpha .MeshConfig.TrustDomainAliases }}`,
	`{{ $_ := sortAlpha .ProxyConfig.ExtraStatTags }}`,
	`{{ $_ := reverse .MeshConfig.TrustDomainAliases }}`,
	`{{ $_ := mergeMaps .ProxyConfig.ProxyMetadata (strdict "leak" .ObjectMeta.Name) }}`,
	`{{ $_ := omit .ProxyConfig.ProxyMetadata "k" }}`,
	`{{ $_ := set (fromJSON "{}") "a" .ObjectMeta.Name }}`,
	`{{ $_ := omitNil .Values }}`,
	`{{ with .Values.map }}{{ $_ := set . "leak" $.ObjectMeta.Name }}{{ end }}`,
	`{{ define "x" }}{{ $_ := set .map "leak" "x" }}{{ end }}{{ if .Values.map }}{{ template "x" .Values }}{{ end }}`,
}

const sharedValues = `{map: {k: v}, list: [c, b, a], maps: [{a: 1}, {b: 2}]}`

// TestNothingSharedChanges: whatever templates do, by many goroutines at once, what
// pods share stays as it was, and no pod's text has anything of another's.
// The race detector sees what this cannot.
func TestNothingSharedChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values, err := ParseValues([]byte(sharedValues))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := ParseValues([]byte(sharedValues))
		config, err := mesh.Parse([]byte("{trustDomainAliases: [c, b, a], defaultConfig: {proxyMetadata: {k: v}, extraStatTags: [c, a]}}"), mesh.Since122())
		if err != nil {
			t.Fatal(err)
		}
		meshBefore, proxyBefore := config.Data().MeshConfig.String(), config.Proxy().Data().(fmt.Stringer).String()
		text := strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(sharers), 1, 5, rapid.ID).Draw(t, "template"), "\n") +
			"\n" + `all: {{ list .Values.list .Values.map .Values.maps .Values.leak .ProxyConfig.ProxyMetadata .MeshConfig.TrustDomainAliases | toJson }}`
		tmpl, err := goTemplate.Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		tmpl.Fix(&View{Values: values, MeshConfig: config.Data()}, "Values", "MeshConfig", "Revision")
		var wait sync.WaitGroup
		outs := make([]string, 8)
		for i := range outs {
			wait.Go(func() {
				for range 4 {
					v, err := tmpl.Render(t.Context(), &View{Values: values, MeshConfig: config.Data(), ProxyConfig: config.Proxy().Data(), ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pod-%d", i)}})
					if err != nil {
						outs[i] = err.Error()
						return
					}
					outs[i] = string(v.JSON())
				}
			})
		}
		wait.Wait()
		for i, out := range outs {
			if own := fmt.Sprintf("pod-%d", i); strings.Contains(strings.ReplaceAll(out, own, ""), "pod-") {
				t.Fatalf("%s\n%s of %s has something of another pod", text, out, own)
			}
		}
		if !reflect.DeepEqual(values, want) || config.Data().MeshConfig.String() != meshBefore || config.Proxy().Data().(fmt.Stringer).String() != proxyBefore {
			t.Fatalf("%s\nchanged what pods share: %v, %s", text, values, config.Data().MeshConfig)
		}
	})
}

// TestTemplatesKeepWhatTheySet for the rest of their own text.
func TestTemplatesKeepWhatTheySet(t *testing.T) {
	view := &View{Values: Values{"a": "1"}}
	v, err := parsed(t, `{{ $_ := set .Values "a" "2" }}{{ $d := dict }}{{ $_ := set $d "k" .Values.a }}{v: "{{ .Values.a }}{{ $d.k }}"}`, goTemplate).Render(t.Context(), view)
	if err != nil || v.Get("v").Text() != "22" || view.Values["a"] != "1" {
		t.Errorf("%s, %v, %v", v.JSON(), err, view.Values)
	}
}
