package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/yaml"
	"pgregory.net/rapid"
)

// joined are the inputs as one stream.
func joined(t interface{ Fatal(...any) }, inputs ...string) string {
	var out strings.Builder
	j := &joiner{w: &out, many: len(inputs) > 1}
	for _, input := range inputs {
		r := bufio.NewReader(strings.NewReader(input))
		w, err := j.next(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestJoin(t *testing.T) {
	const bom = "\xef\xbb\xbf"
	for _, test := range []struct {
		name   string
		inputs []string
		want   string
	}{
		{"one stays as it is", []string{bom + "a: 1"}, bom + "a: 1"},
		{"JSON alone stays as it is", []string{`{"a":"\/"}` + "\n" + `{"b":1}`}, `{"a":"\/"}` + "\n" + `{"b":1}`},
		{"a separator between", []string{"a: 1\n", "b: 2\n"}, "a: 1\n---\nb: 2\n"},
		{"a missing line end", []string{"a: 1", "b: 2"}, "a: 1\n---\nb: 2"},
		{"its own separator", []string{"a: 1", "# of b\n--- # b\nb: 2\n"}, "a: 1\n# of b\n--- # b\nb: 2\n"},
		{"its own separator, below blank lines", []string{"a: |+\n  1\n", "\n--- # b\nb: 2\n"}, "a: |+\n  1\n---\n\n--- # b\nb: 2\n"},
		{"a separator at the end", []string{"a: 1\n---", "b: 2\n"}, "a: 1\n---\n---\nb: 2\n"},
		{"what only begins like a separator", []string{"a: 1\n", "---# text\n"}, "a: 1\n---\n---# text\n"},
		{"a directive", []string{"a: 1\n", "%YAML 1.1\n---\nb: 2\n"}, "a: 1\n...\n%YAML 1.1\n---\nb: 2\n"},
		{"empty inputs", []string{"", "a: 1\n", "", "b: 2\n", ""}, "a: 1\n---\nb: 2\n"},
		{"comments alone", []string{"# one\n", "# two\n"}, "# one\n---\n# two\n"},
		{"line ends of Windows", []string{"a: 1\r\n", "b: 2\r\n"}, "a: 1\r\n---\r\nb: 2\r\n"},
		{"a byte order mark inside", []string{"a: 1\n", bom + "b: 2\n"}, "a: 1\n---\nb: 2\n"},
		{"JSON behind YAML", []string{"a: 1\n", `{"b":1}` + "\n" + `{"c":1} {"d":[{}]}`}, "a: 1\n---\n{\"b\":1}\n\n---\n{\"c\":1} \n---\n{\"d\":[{}]}"},
		{"JSON in front of YAML", []string{`{"b":1}`, "a: 1\n"}, "---\n{\"b\":1}\n---\na: 1\n"},
		{"JSON with a document of YAML behind it", []string{"a: 1\n", `{"b":"\/"}` + "\n---\n" + `c: "\/"` + "\n"}, "a: 1\n---\n{\"b\":\"/\"}\n---\nc: \"\\/\"\n"},
		{"a flow mapping is no JSON", []string{"a: 1\n", `{b: '"', c: "\/"}`}, "a: 1\n---\n" + `{b: '"', c: "\/"}`},
		{"escapes that YAML lacks", []string{"a: 1\n", `{"\ud83d\ude00\ud83d \u0041":"\/\\/\"\n` + "\u0085\u2028\x7f" + `"}`}, "a: 1\n---\n" + `{"😀` + "\ufffd" + ` \u0041":"/\\/\"\n\u0085\u2028\u007f"}`},
		{"a name and its colon", []string{"a: 1\n", "{\"b\"\n : 1}"}, "a: 1\n---\n{\"b\": 1}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, joined(t, test.inputs...)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// read reads a stream as kubectl does.
func read(decode func(into any) error) ([]any, error) {
	var objects []any
	for {
		var object any
		err := decode(&object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if object != nil { // nothing but comments
			objects = append(objects, object)
		}
	}
}

// readers are the manners of kubectl's releases.
var readers = map[string]func(text string) ([]any, error){
	"1.37": func(text string) ([]any, error) {
		return read(yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096).Decode)
	},
	// Once it was JSON it stays JSON.
	"1.28": func(text string) ([]any, error) {
		r, _, isJSON := yaml.GuessJSONStream(strings.NewReader(text), 4096)
		if isJSON {
			return read(json.NewDecoder(r).Decode)
		}
		return read(yaml.NewYAMLToJSONDecoder(r).Decode)
	},
}

// TestJoinedMeansTheSame: to kubectl a joined stream means what the inputs mean one
// by one.
func TestJoinedMeansTheSame(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"\u0085", "\u2028", "\x7f", "/", "😀", "a: b", "---", "yes", "\\", "\"", "\ufeff", "\uffff", "line\nline\n", "\t", strings.Repeat("long ", 300)}),
	)
	quoted := rapid.Custom(func(t *rapid.T) string {
		b, _ := json.Marshal(text.Draw(t, "text"))
		s := string(b)
		if rapid.Bool().Draw(t, "slashes") {
			s = strings.ReplaceAll(s, "/", `\/`)
		}
		if rapid.Bool().Draw(t, "raw") {
			s = strings.NewReplacer(`\u2028`, "\u2028", `\u0085`, "\u0085", "😀", `\ud83d\ude00`, "a", `\u0061`).Replace(s)
		}
		return s
	})
	space := rapid.SampledFrom([]string{"", "", " ", "\n", "\t", "\r\n"})
	object := rapid.Custom(func(t *rapid.T) string {
		s := func() string { return space.Draw(t, "space") }
		member := quoted.Draw(t, "name") + s() + ":" + s() + rapid.OneOf(quoted, rapid.SampledFrom([]string{"1", "-1.5e3", "true", "null", "[]", "{}"})).Draw(t, "value")
		return "{" + s() + `"kind":` + s() + `[1,` + s() + quoted.Draw(t, "item") + `]` + s() + "," + s() + member + s() + "}"
	})
	between := rapid.SampledFrom([]string{"", "\n", " ", "\n\n"})
	stream := rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "", "\n", " "}).Draw(t, "lead"))
		for range rapid.IntRange(0, 3).Draw(t, "objects") {
			b.WriteString(object.Draw(t, "object") + between.Draw(t, "between"))
		}
		return b.String()
	})
	document := rapid.OneOf(
		rapid.SampledFrom([]string{
			"a: 1\n", "a: |\n  text\n", "a: |+\n  text\n\n", "a: |-\n  text", "a: >\n  text", "a: |\n  text", "a: \"x\n  y\"", "# comment\n", "", "\n\n", "{a: b}\n", "{\"a\": 'b\"c'}", "- a\n- b\n",
			"a: 1\r\nb: |\r\n  c\r\n", "a: 1 # c", "a: 1\n...\n", "a: 1\n... # c\n", "# c\na: 1\n", "# c\r\na: 1\r\n", "a: |\r\n  text", "a: |+\r\n  text\r\n\r\n",
			" a: 1\n", "\ta: 1\n", "a:\n- |\n text\n- 'x\n\n  y'\n", "a: |\n  ---\n  ...\n", "a: |2\n   text", "a: text\n  more", "a: 'x\n  --- y'", "? a\n: b\n", "&a a: *a\n", "a: ---\n", "text\n", "null\n", "~",
		}),
		stream,
	)
	file := rapid.Custom(func(t *rapid.T) string {
		documents := rapid.SliceOfN(document, 0, 3).Draw(t, "documents")
		begin := rapid.SampledFrom([]string{"", "", "", "---\n", "# c\n---\n", "\n---\n", "\ufeff", "\ufeff---\n", "\ufeff# c\n---\n", "---\r\n", "--- \t\n", "# c\n", "%YAML 1.1\n---\n", "# c\n%YAML 1.1\n---\n", "\r\n"}).Draw(t, "begin")
		for i, d := range documents {
			if d != "" && !strings.HasSuffix(d, "\n") && i < len(documents)-1 {
				documents[i] += "\n"
			}
		}
		if len(documents) > 0 && strings.HasPrefix(strings.TrimSpace(documents[0]), "{") && begin == "\ufeff" {
			begin = "" // kubectl 1.28 loses the objects behind the first
		}
		return begin + strings.Join(documents, rapid.SampledFrom([]string{"---\n", "--- # c\n", "---\r\n", "--- \n", "---\t\n", "---\n---\n", "---\n# c\n", "---\n\n# c\n---\n"}).Draw(t, "separator"))
	})
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.SliceOfN(file, 2, 4).Draw(t, "files")
		whole := joined(t, files...)
		for release, read := range readers {
			var want []any
			for _, file := range files {
				objects, err := read(file)
				if err != nil {
					return // kubectl refuses it
				}
				want = append(want, objects...)
			}
			got, err := read(whole)
			if err != nil {
				t.Fatalf("%s: %v\n%q\n%s", release, err, files, whole)
			}
			if diff := cmp.Diff(asText(want), asText(got)); diff != "" {
				t.Fatalf("%s: -one by one +joined\n%s\n%q\n%s", release, diff, files, whole)
			}
			compared++
		}
	})
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// asText compares numbers by what they say.
func asText(objects []any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(objects); err != nil {
		return fmt.Sprint(err)
	}
	return b.String()
}
