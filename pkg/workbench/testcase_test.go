package workbench

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/deploy/profiles"
)

// filesOf are the names of a case's files, with the case.yaml's text.
func filesOf(t *testing.T, r InjectRequest) (names []string, settings string) {
	t.Helper()
	w := post(t, newTest(t, Options{Workloads: []string{"Worker.example.com=spec.pod"}}), "/api/test", TestRequest{r, "mine"})
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	archive, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.File {
		names = append(names, f.Name)
		if f.Name != "mine/case.yaml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		settings = string(text)
	}
	return names, settings
}

func TestDownloadedCase(t *testing.T) {
	everything := Settings{
		As: AsWebhook, Namespace: "shop", Revision: "canary", Platform: openShift,
		NamespaceAnnotations: map[string]string{"openshift.io/sa.scc.uid-range": "1000650000/10000"},
	}
	for name, test := range map[string]struct {
		request  InjectRequest
		names    []string
		settings string
	}{
		"the default profile": {
			InjectRequest{plainPod, profile(t, profiles.Default), byCommand},
			[]string{"mine/input.yaml", "mine/golden.yaml", "mine/case.yaml"},
			"flags:\n    workload:\n        - Worker.example.com=spec.pod\n",
		},
		"everything said": {
			InjectRequest{plainPod, Configuration{Config: smallest, Values: "image: a\n"}, everything},
			[]string{"mine/input.yaml", "mine/golden.yaml", "mine/config.yaml", "mine/values.yaml", "mine/namespace.yaml", "mine/case.yaml"},
			"flags:\n    inject-config-file: config.yaml\n    values-file: values.yaml\n    revision: canary\n    namespace: shop\n" +
				"    native-sidecars: \"false\"\n    platform: openshift\n    namespace-file: namespace.yaml\n    workload:\n        - Worker.example.com=spec.pod\n",
		},
		"another profile, and an error": {
			InjectRequest{"kind: Pod\napiVersion: v1\n", profile(t, "istio-1.0"), byCommand},
			[]string{"mine/input.yaml", "mine/case.yaml"},
			"flags:\n    profile: istio-1.0\n    workload:\n        - Worker.example.com=spec.pod\nerror: 'Pod: there is no spec'\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			names, settings := filesOf(t, test.request)
			if diff := cmp.Diff(test.names, names); diff != "" {
				t.Errorf("files: -want +got\n%s", diff)
			}
			if diff := cmp.Diff(test.settings, settings); diff != "" {
				t.Errorf("case.yaml: -want +got\n%s", diff)
			}
		})
	}
}

func TestSavedCase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cases")
	handler := newTest(t, Options{TestFolder: dir})
	request := TestRequest{InjectRequest{plainPod, profile(t, profiles.Default), byCommand}, "mine"}
	saved := answered[SavedTest](t, handler, "/api/test", request)
	if want := []string{"input.yaml", "golden.yaml"}; !slices.Equal(saved.Files, want) || saved.Folder != filepath.Join(dir, "mine") {
		t.Errorf("saved %+v", saved)
	}
	before := contents(t, dir)
	if !strings.Contains(before["mine/golden.yaml"], "istio-proxy") || before["mine/input.yaml"] != plainPod {
		t.Errorf("the folder has %v", before)
	}
	request.Manifest = "# another\n"
	if w := post(t, handler, "/api/test", request); w.Code != http.StatusConflict {
		t.Errorf("a second one of the name: %d %s", w.Code, w.Body)
	}
	if !maps.Equal(contents(t, dir), before) {
		t.Error("a case that was there was written to")
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
