package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

var update = flag.Bool("update", false, "write what comes out as what is wanted")

// TestRewriteFiles runs testdata/rewrite: archives of "in", "out" and "patch",
// which goes to every workload, or "patch NAME", which goes to the workload of
// that name. The comment on top says what the case is about.
func TestRewriteFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/rewrite/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var in, want []byte
			patches := map[string]tree.Patch{}
			out := -1
			for i, f := range archive.Files {
				switch name, workload, _ := strings.Cut(f.Name, " "); name {
				case "in":
					in = f.Data
				case "out":
					want, out = f.Data, i
				case "patch":
					var p tree.Patch
					if err := json.Unmarshal(f.Data, &p); err != nil {
						t.Fatalf("%s: %v", f.Name, err)
					}
					patches[workload] = p
				}
			}
			edit := func(w Workload) (tree.Patch, error) {
				if p, ok := patches[w.Name]; ok {
					return p, nil
				}
				return patches[""], nil
			}
			var got bytes.Buffer
			if err := Rewrite(&got, bytes.NewReader(in), Options{File: "in"}, edit); err != nil {
				t.Fatal(err)
			}
			if *update {
				if out < 0 {
					archive.Files = append(archive.Files, txtar.File{Name: "out"})
					out = len(archive.Files) - 1
				}
				archive.Files[out].Data = got.Bytes()
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if _, named := patches[""]; named && len(patches) == 1 {
				checkRewrite(t, in, func([]byte) tree.Patch { return patches[""] })
			}
		})
	}
}

// TestRewriteBytes has what no archive can show: line ends, marks and tabs.
func TestRewriteBytes(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n"
	add := `[{"op":"add","path":"/spec/containers/1","value":{"name":"b","args":["x\ny\n"]}}]`
	tests := map[string]struct{ in, patch, want string }{
		"line ends of Windows": {
			in:    strings.ReplaceAll(pod, "\n", "\r\n"),
			patch: add,
			want:  strings.ReplaceAll(pod+"  - name: b\n    args:\n    - |\n      x\n      y\n", "\n", "\r\n"),
		},
		"no line break at the end": {
			in:    strings.TrimSuffix(pod, "\n"),
			patch: `[{"op":"add","path":"/spec/containers/1","value":{"name":"b"}}]`,
			want:  pod + "  - name: b\n",
		},
		"a literal that the end cuts short": {
			in:    "apiVersion: v1\nkind: Pod\nspec:\n  a: | # c\n    text",
			patch: `[{"op":"add","path":"/spec/b","value":1}]`,
			want:  "apiVersion: v1\nkind: Pod\nspec:\n  a: | # c\n    text\n  b: 1\n",
		},
		"byte order mark, tabs in comments, blanks at line ends": {
			in:    "\ufeff---\t# tab\t\n" + strings.Replace(pod, "spec:", "spec:  \t# a\tb ", 1) + "  \n\n",
			patch: `[{"op":"add","path":"/spec/b","value":1}]`,
			want:  "\ufeff---\t# tab\t\n" + strings.Replace(pod, "spec:", "spec:  \t# a\tb ", 1) + "  b: 1\n  \n\n",
		},
		"text that is not ASCII": {
			in:    "apiVersion: v1\nkind: Pod\nmetadata: {labels: {ä: \"ö\", ü: ß}} # 😀\nspec: {ñ: \"日本\"} # 語\n",
			patch: `[{"op":"replace","path":"/metadata/labels/ü","value":"é"},{"op":"add","path":"/spec/x","value":"日"}]`,
			want:  "apiVersion: v1\nkind: Pod\nmetadata: {labels: {ä: \"ö\", ü: é}} # 😀\nspec: {ñ: \"日本\", x: 日} # 語\n",
		},
		"JSON with tabs": {
			in:    "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"spec\": {\n\t\t\"containers\": [\n\t\t\t{\"name\": \"a\"}\n\t\t]\n\t}\n}",
			patch: `[{"op":"add","path":"/spec/containers/0","value":{"name":"<b>","args":["1"]}},{"op":"add","path":"/spec/volumes","value":[]}]`,
			want:  "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"spec\": {\n\t\t\"containers\": [\n\t\t\t{\n\t\t\t\t\"name\": \"<b>\",\n\t\t\t\t\"args\": [\n\t\t\t\t\t\"1\"\n\t\t\t\t]\n\t\t\t},\n\t\t\t{\"name\": \"a\"}\n\t\t],\n\t\t\"volumes\": []\n\t}\n}",
		},
		"JSON on one line": {
			in:    `{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a"},{"name":"b"}]}}`,
			patch: `[{"op":"add","path":"/spec/containers/1","value":{"name":"c"}},{"op":"add","path":"/metadata","value":{"labels":{"a":"b"}}},{"op":"remove","path":"/spec/containers/0"}]`,
			want:  `{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c"},{"name":"b"}]}}`,
		},
		"JSON objects in a row": {
			in:    `{"apiVersion": "v1", "kind": "Pod", "spec": {"a": 1}}` + "\n" + `{"kind": "Other"}` + "\n" + `{"apiVersion": "v1", "kind": "Pod", "spec": {}}`,
			patch: `[{"op":"add","path":"/spec/b","value":"\u2028"}]`,
			want:  `{"apiVersion": "v1", "kind": "Pod", "spec": {"a": 1, "b": "\u2028"}}` + "\n" + `{"kind": "Other"}` + "\n" + `{"apiVersion": "v1", "kind": "Pod", "spec": {"b": "\u2028"}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var patch tree.Patch
			if err := json.Unmarshal([]byte(test.patch), &patch); err != nil {
				t.Fatal(err)
			}
			got := checkRewrite(t, []byte(test.in), func([]byte) tree.Patch { return patch })
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
