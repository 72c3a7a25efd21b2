package profiles_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"istio.io/api/annotation"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestMisspeltAnnotations: an annotation of the mesh that lacks a letter, has one too many
// or another is warned of, also where it is the beginning of one that a template reads.
func TestMisspeltAnnotations(t *testing.T) {
	in, err := inject.Compile(profile(t, profiles.Default), inject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, a := range annotation.AllResourceAnnotations() {
		known = append(known, a.Name)
	}
	domains := []string{"sidecar.istio.io/", "traffic.sidecar.istio.io/", "proxy.istio.io/", "inject.istio.io/"}
	of := slices.DeleteFunc(slices.Clone(known), func(name string) bool {
		return !slices.ContainsFunc(domains, func(domain string) bool { return strings.HasPrefix(name, domain) })
	})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(of).Draw(t, "name")
		domain, own, _ := strings.Cut(name, "/")
		at := rapid.IntRange(0, len(own)-1).Draw(t, "at")
		with := rapid.SampledFrom([]string{"", "x", own[at:at+1] + "x"}).Draw(t, "with")
		misspelt := domain + "/" + own[:at] + with + own[at+1:]
		if slices.Contains(known, misspelt) || strings.HasSuffix(misspelt, "/") {
			t.Skip("it is another one")
		}
		text, err := json.Marshal(map[string]any{
			"metadata": map[string]any{"name": "web", "annotations": map[string]string{misspelt: "1"}},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "app", "image": "app"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		result, err := in.Inject(inject.Request{Namespace: "shop", Pod: text})
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(result.Warnings, "\n"); !strings.Contains(said, "annotation "+misspelt+": nothing reads it") {
			t.Fatalf("annotation %s: warnings %q", misspelt, said)
		}
	})
}
