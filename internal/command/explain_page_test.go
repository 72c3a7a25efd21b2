package command

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

const (
	pagedTemplate = `
policy: enabled
templates:
  sidecar: |
    spec:
      containers:
      - name: istio-proxy
        image: example.com/proxy:1
        args: [proxy, --a-flag-with-a-value-that-is-longer-than-any-line-of-a-narrow-terminal-can-be]
        tty: true
`
	pagedManifest = `
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: web:1
  - name: istio-proxy
    image: auto
`
)

// paged is a workload whose fields have writers of every kind.
func paged(t *testing.T) []*explained {
	t.Helper()
	injector, err := inject.Compile(inject.Sources{Config: []byte(pagedTemplate), Mesh: []byte("enablePrometheusMerge: false")}, inject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := &injection{injector: injector, nativeSidecars: true, earlier: inject.ReplaceEarlier}
	var all []*explained
	if err := in.explainAll([]byte(pagedManifest), "web.yaml", func(e *explained) { all = append(all, e) }); err != nil {
		t.Fatal(err)
	}
	hub := inject.Read{Kind: inject.ReadValues, Path: "global.hub", Value: "example.com"}
	condition := inject.Read{Kind: inject.ReadProxyConfig, Path: "concurrency", Value: "2", From: "ProxyConfig shop/two"}
	writers := map[string]*inject.Writer{
		"image": {Kind: inject.ByTemplate, Template: "sidecar", Line: 4, Reads: []inject.Read{hub, condition, {Kind: inject.ReadAnnotation, Path: "sidecar.istio.io/proxyImage"}}},
		"args":  {Kind: inject.ByTemplate, Template: "sidecar", Line: 5, Reads: []inject.Read{condition}},
		"tty":   {Kind: inject.ByOverride},
	}
	for n := range all[0].Fields {
		f := &all[0].Fields[n]
		f.By = &inject.Writer{Kind: inject.ByRule, Rule: "status"}
		for part, w := range writers {
			if strings.Contains(f.Name, "]."+part) {
				f.By = w
			}
		}
	}
	return all
}

func TestPage(t *testing.T) {
	for _, test := range []struct {
		name string
		page *page
	}{
		{"plain", &page{}},
		{"40", &page{width: 40}},
		{"80", &page{width: 80}},
		{"200", &page{width: 200}},
		{"80-colour", &page{width: 80, colour: true}},
		{"80-whole", &page{width: 80, whole: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.page.write(paged(t))
			file := filepath.Join("testdata", "page", test.name+".txt")
			got := test.page.String()
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestPageOfNoTerminalIsPlain(t *testing.T) {
	if p := newPage(&bytes.Buffer{}); p.colour || p.width != 0 {
		t.Errorf("colour %t, width %d", p.colour, p.width)
	}
}

// TestWrappedKeepsTheText: no line is too wide, and nothing of the text is lost.
func TestWrappedKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab  é"))).Draw(t, "text")
		indent := strings.Repeat(" ", rapid.IntRange(0, 3).Draw(t, "indent"))
		to := rapid.IntRange(8, 20).Draw(t, "width")
		lines := wrapped(strings.TrimLeft(text, " "), to, indent)
		for n, line := range lines {
			if n > 0 {
				line = indent + line
			}
			if width(line) > to {
				t.Fatalf("line %q is wider than %d", line, to)
			}
		}
		without := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := without(strings.Join(lines, "")); got != without(text) {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}

// TestSamplesAreExplained: of all that injection writes into the sample manifests it is
// told what wrote it, by names that lead there, on a page that fits.
func TestSamplesAreExplained(t *testing.T) {
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
			in, err := s.prepare()
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(c.path(caseInput))
			if err != nil {
				t.Fatal(err)
			}
			var all []*explained
			if err := in.explainAll(text, "input.yaml", func(e *explained) { all = append(all, e) }); err != nil {
				t.Fatal(err)
			}
			for _, e := range all {
				if e.Explanation != nil {
					checkFields(t, e)
				}
			}
			for _, width := range []int{40, 80, 200} {
				p := &page{width: width}
				p.write(all)
				for line := range strings.Lines(p.String()) {
					if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > width {
						t.Errorf("%d columns, not %d: %s", n, width, line)
					}
				}
			}
		})
	}
}

func checkFields(t *testing.T, e *explained) {
	t.Helper()
	after := e.Explanation.Pod.Value()
	for _, f := range e.Fields {
		if f.Change == explain.Removed {
			continue
		}
		if f.By == nil {
			t.Errorf("%s: who wrote %s is not told", e.subject(), f.Name)
		}
		steps, err := explain.ParseName(f.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		if path, _, err := explain.Find(after, steps); err != nil || path != f.Path {
			t.Error(fmt.Errorf("%s leads to %s, not %s: %w", f.Name, path, f.Path, err))
		}
	}
}
