package compiled

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/template"
)

type data struct {
	Name  string
	Names []string
	Map   map[string]any
	Same  map[string]any
}

var functions = template.FuncMap{
	"upper": strings.ToUpper,
	"twice": func(n int64) int64 { return 2 * n },
	"fails": func(string) (string, error) { return "", errors.New("no") },
}

var same = &data{Same: map[string]any{"a": "1", "n": nil, "list": []any{"x", nil}}}

func parsed(t testing.TB, text string) *template.Template {
	t.Helper()
	parsed, err := template.New("t").Funcs(functions).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func compile(t testing.TB, text string) *Program {
	t.Helper()
	in := Language{Functions: functions, Repeatable: func(string) bool { return true }}
	return Compile(parsed(t, text), in, &data{}, same, "Same")
}

// TestLeft: a pipeline that is not known is carried out by text/template, with the dot
// and the variables as they are, and the rest is not.
func TestLeft(t *testing.T) {
	for text, left := range map[string]string{
		`{{ $x := .Name }}{{ range $i, $n := .Names }}{{ slice $n 1 | upper }}{{ $i }}{{ end }}{{ html $x }}`:               "slice $n 1 | upper; html $x",
		`{{ with .Map }}{{ (index . "k").x }}{{ twice 4 }}{{ $.Name | printf "%q" }}{{ end }}`:                              `(index . "k").x`,
		`{{ if eq .Same.a "1" }}{{ html .Same.a }}{{ else }}{{ html .Name }}{{ end }}`:                                      "",
		`{{ define "d" }}{{ slice . 1 }}{{ end }}{{ range .Names }}{{ template "d" . }}{{ else }}{{ .Name }}{{ end }}`:      "slice . 1",
		`{{ range .Names }}{{ if eq . "bc" }}{{ continue }}{{ end }}{{ . }}{{ if eq . "de" }}{{ break }}{{ end }}{{ end }}`: "",
	} {
		p := compile(t, text)
		if got := strings.Join(p.Left(), "; "); got != left {
			t.Errorf("%s\nleft are %q, want %q", text, got, left)
		}
		d := &data{Name: "<a>", Names: []string{"bc", "de", "fg"}, Map: map[string]any{"k": map[string]any{"x": 1}}, Same: same.Same}
		var want bytes.Buffer
		if err := parsed(t, text).Execute(&want, d); err != nil {
			t.Fatal(err)
		}
		if got, done, err := p.Run(d, nil); got != want.String() || !done || err != nil {
			t.Errorf("%s\ngives %q, %v, %v, want %q", text, got, done, err, &want)
		}
	}
}

// TestGivesUp: what fails gives nothing.
func TestGivesUp(t *testing.T) {
	for _, text := range []string{
		`text {{ fails .Name }}`, `text {{ range .Names }}{{ fails . }}{{ end }}`, `text {{ .Map.k.x }}`, `text {{ .Same.n.x }}`, `{{ range .Same.list }}{{ .x }}{{ end }}`,
	} {
		got, done, err := compile(t, text).Run(&data{Names: []string{"a"}, Map: map[string]any{"k": 1}, Same: same.Same}, nil)
		if got != "" || done || err != nil {
			t.Errorf("%s\ngives %q, %v, %v", text, got, done, err)
		}
	}
}

// TestNotCompiled: templates that call themselves, or grow without an end where they
// are called, are none of this.
func TestNotCompiled(t *testing.T) {
	growing := `{{ define "a0" }}x{{ end }}`
	for i := range 18 {
		growing += fmt.Sprintf(`{{ define "a%d" }}{{ template "a%d" . }}{{ template "a%[2]d" . }}{{ end }}`, i+1, i)
	}
	for _, text := range []string{
		`{{ define "d" }}{{ template "d" . }}{{ end }}{{ if .Name }}{{ template "d" . }}{{ end }}`, growing + `{{ template "a18" . }}`,
		`{{ $ = 1 }}`, `{{ template "none" . }}`, `{{ $x := 1 }}{{ range $x = .Names }}{{ end }}`,
	} {
		if compile(t, text) != nil {
			t.Errorf("%.100s is compiled", text)
		}
	}
}

// TestLoopsEnd where they are told to, with the error that says so.
func TestLoopsEnd(t *testing.T) {
	p := compile(t, `{{ range .Names }}{{ range $.Names }}{{ . }}{{ end }}{{ end }}`)
	gone, left := errors.New("gone"), 7
	text, done, err := p.Run(&data{Names: make([]string, 10)}, func() error {
		if left--; left < 0 {
			return gone
		}
		return nil
	})
	if done || !errors.Is(err, gone) || left != -1 || text != "" {
		t.Errorf("%v, %v, %d, %q", done, err, left, text)
	}
}

// TestRunsShareNothing: each of many at once has the variables of its own data.
func TestRunsShareNothing(t *testing.T) {
	p := compile(t, `{{ $all := .Name }}{{ range $i, $n := .Names }}{{ $all = printf "%s,%s" $all $n }}{{ slice $n 1 }}{{ end }}{{ $all }}`)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			name := fmt.Sprint(i)
			for range 200 {
				if got, done, err := p.Run(&data{Name: name, Names: []string{"a" + name, "b" + name}}, nil); got != fmt.Sprintf("%[1]s%[1]s%[1]s,a%[1]s,b%[1]s", name) || !done || err != nil {
					t.Errorf("%q, %v, %v", got, done, err)
				}
			}
		})
	}
	wait.Wait()
}
