package workbench

import (
	"fmt"
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/explain"
)

// What wrote a field is found in the panes: the line of the template, and those of the
// values, settings and annotations that it went by.
func TestWritersStandInThePanes(t *testing.T) {
	c := Configuration{
		Config: `policy: enabled
templates:
  sidecar: |
    metadata:
      labels:
        plain: text
    spec:
      containers:
      - name: helper
        image: {{ .Values.global.hub }}/helper
        args: [{{ annotation .ObjectMeta "example.com/arg" .MeshConfig.TrustDomain | quote }}, {{ .ProxyConfig.StatusPort | quote }}]
        env:
        - name: PORT
          value: {{ .ProxyConfig.DiscoveryAddress | quote }}
`,
		Values: "global:\n  tag: x\n  hub: example.com\n",
		Mesh:   "trustDomain: example.org\ndefaultConfig:\n  discoveryAddress: example.org:15012\n",
	}
	manifest := `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    example.com/arg: "1"
    proxy.istio.io/config: '{statusPort: 15030}'
spec:
  containers:
  - name: helper
    resources: {}
  - name: web
    image: web
    readinessProbe: {httpGet: {port: 80}}
`
	want := map[string]string{
		"metadata.labels.plain":                         "template sidecar:3 at config 6",
		"metadata.annotations[sidecar.istio.io/status]": "rule status",
		"spec.containers[helper].image":                 "template sidecar:7 at config 10, values global.hub=example.com at values 3",
		"spec.containers[helper].args[0]":               "template sidecar:8 at config 11, annotation example.com/arg=1 at manifest 6, mesh trustDomain=example.org at mesh 1",
		"spec.containers[helper].args[1]":               "template sidecar:8 at config 11, proxyconfig statusPort=15030 at manifest 7",
		"spec.containers[helper].env[PORT].value":       "template sidecar:11 at config 14, proxyconfig discoveryAddress=example.org:15012 at mesh 3",
	}
	for _, s := range []Settings{byCommand, byWebhook} {
		found := 0
		for _, f := range injectIn(t, manifest, c, s).Fields {
			wanted, ok := want[f.Name]
			if !ok {
				continue
			}
			found++
			if got := toldBy(f.By); got != wanted {
				t.Errorf("%s: %s is by %s, want %s", s.As, f.Name, got, wanted)
			}
		}
		if found != len(want) {
			t.Errorf("%s: %d of %d fields are there", s.As, found, len(want))
		}
	}
}

// Every line that is new in the samples is told of.
func TestEveryNewFieldHasAWriter(t *testing.T) {
	for _, profile := range []Configuration{profile(t, profiles.Default), profile(t, "istio-1.0")} {
		for _, sample := range samples() {
			for _, f := range injectIn(t, sample.Text, profile, byCommand).Fields {
				switch {
				case f.Change == explain.Removed:
				case f.By == nil:
					t.Errorf("%s, %s: nothing wrote %s", profile.Name, sample.Name, f.Name)
				case f.By.Kind == ByTemplate && f.By.At == nil:
					t.Errorf("%s, %s: line %d, which wrote %s, is not in the pane", profile.Name, sample.Name, f.By.Line, f.Name)
				}
			}
		}
	}
}

func toldBy(w *Writer) string {
	if w == nil {
		return "nothing"
	}
	at := func(p *Place) string {
		if p == nil {
			return ""
		}
		return fmt.Sprintf(" at %s %d", p.Pane, p.Line)
	}
	text := fmt.Sprintf("%s %s%s", w.Kind, w.Template, w.Rule)
	if w.Line > 0 {
		text += fmt.Sprintf(":%d", w.Line)
	}
	text += at(w.At)
	for _, r := range w.Reads {
		text += fmt.Sprintf(", %s %s=%s%s", r.Kind, r.Path, r.Value, at(r.At))
	}
	return text
}
