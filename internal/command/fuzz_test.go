package command

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// FuzzCase gives any text for the case.yaml of a golden case. One that is taken has
// settings, and an error names the file.
func FuzzCase(f *testing.F) {
	for _, text := range []string{
		"flags: {namespace: shop, workload: [A.b=spec, C=d]}\n", "error: no such\n", "flags: {native-sidecars: false, record: true}",
		"flags: {nope: 1}", "flags: {namespace: {a: b}}", "flags: []", "", "a: b", "flags: &a {namespace: *a}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := goldenCase{name: "it", dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(c.dir, caseSettings), text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, s, err := c.read()
		if (err == nil) != (s != nil) {
			t.Errorf("settings %v come with the error %v", s, err)
		}
		if err != nil && !strings.Contains(err.Error(), caseSettings) {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}

// FuzzKRMFunction gives any text for the ResourceList on the function's standard input.
// What it writes is a document, and where it fails it says so.
func FuzzKRMFunction(f *testing.F) {
	const list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
	const web = "items:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: web}\n  spec: {containers: [{name: web, image: web}]}\n"
	for _, text := range []string{
		list + web, list + "functionConfig: {apiVersion: v1, kind: ConfigMap, data: {namespace: shop, quiet: \"true\"}}\n" + web,
		list + "functionConfig: {apiVersion: outrigger.io/v1, kind: Outrigger, spec: {strict: true, workload: [A.b=c]}}\n" + web,
		list + "functionConfig: 1\n", list + "items: 1", list, "", "[]", "{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.Contains(text, []byte("file")) {
			return // it may name one that is on this machine
		}
		var stdout bytes.Buffer
		rep, _, err := injectResourceList(&stdout, text)
		if err == nil && rep == nil {
			t.Error("there is neither a report nor an error")
		}
		if err == nil && stdout.Len() > 0 {
			if _, err := tree.ParseYAML(stdout.Bytes()); err != nil {
				t.Errorf("what it writes cannot be read: %v\n%s", err, stdout.String())
			}
		}
	})
}

// FuzzShownURL gives any text for the URL of a manifest. What is shown of it in errors
// has neither a password nor a query.
func FuzzShownURL(f *testing.F) {
	for _, name := range []string{"https://user:secret@example.com/a.yaml?token=x#y", "http://[::1]:80/%2f", "https://", "https://a b", "http://a/?b", "https:opaque?x"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		shown := shownURL(name)
		if shown == "URL" {
			return
		}
		u, err := url.Parse(shown)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("of %q it shows %q", name, shown)
		}
	})
}
