package tree

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkPlain holds what the quick reader reads against the whole YAML parser. It
// says whether there was anything to compare.
func checkPlain(t rapid.TB, text string) bool {
	t.Helper()
	got := readPlainYAML(text)
	if got == nil {
		return false
	}
	want, err := parseAnyYAML([]byte(text), yamlReader{})
	if err != nil {
		t.Fatalf("%q is read as %s, but: %v", text, got.JSON(), err)
	}
	if g, w := string(got.JSON()), string(want.JSON()); g != w {
		t.Fatalf("%q\nis read as %s\nwant       %s", text, g, w)
	}
	return true
}

// plainPieces are what lines are drawn from: what is read, what is refused, and
// what tells them apart.
var plainPieces = []string{
	"a: b", "b:", "c: 1", "- a", "- b: c", "-", "- - d", "- k:", "d: |", "e: |-", "- |", "f: {x: y}", "g: [1, a,b ]", "h: {", "}", "]",
	"i: [", "  j: k,", "1, 2", "l: 'it''s'", `m: "say \"x\" \\ \n"`, "# note", "n: v # note", "o: v# w", "p: ~", "q: yes", "r: 0x1F", "s: 08",
	"t: - x", "u: a: b", "v: -x", "w: *x", "x: &y z", "y: !!str 1", "z: >", "---", "...", "'q': 1", "? a", ": b", "aa: .5", "ab: {\"x\":1, \"y\": [ ]}",
	"ac: {x: , y: z}", "ad: [a b, c: d]", "ae: 'open", "af: \"open", "ag: http://x:80/", "ah: {a: b}, c", "ai: |+", "aj: | # note", "ak: 1_000", "true: x", "null: x", "- ",
	"al: {x: y # z", "$patch: delete", "am: \"\\u0041\"", "an: [[], {}]", "ao: \"a\"# b", "ap: 'a' # b", "aq: [a]b", "", " ", "ar: a  ", "as: \t", "at: é", "ba: \"é ü\"", "bb: 'é'", "bc: {x: é, \"é\": y}", "é: x", "- é", "bd: é # é", "  é", "be: \u00a0", "bf: \u0085", "bg: a\u2028b", "bh: \ufeff", "bi: \U0001f600", "bj: \"\ufffd\"", "bk: \xff", "bl: [é,ü]", "12:30: x", "- -1", "-- x", "au: {'a': b}", "[a]", "{a: b}", "\"a\"", "'a'", "{a: b}: c", "[a] # b", "av: {a}", "aw: [a: b]",
}

func TestPlainYAMLIsReadAsByAWholeParser(t *testing.T) {
	compared, checked := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		checked++
		var b strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			b.WriteString(strings.Repeat(" ", rapid.SampledFrom([]int{0, 0, 0, 1, 2, 2, 3, 4}).Draw(t, "indent")))
			b.WriteString(rapid.SampledFrom(plainPieces).Draw(t, "line"))
			b.WriteByte('\n')
		}
		text := b.String()
		if rapid.Bool().Draw(t, "no line break at the end") {
			text = strings.TrimSuffix(text, "\n")
		}
		if checkPlain(t, text) {
			compared++
		}
	})
	if compared == 0 && checked >= 100 { // one in fifty can be read
		t.Error("nothing was read, so nothing was compared")
	}
}

func FuzzPlainYAML(f *testing.F) {
	for _, piece := range plainPieces {
		f.Add(piece)
		f.Add("x:\n  " + piece + "\n  y: z\n")
		f.Add("x:\n- " + piece + "\n- z\n")
	}
	f.Fuzz(func(t *testing.T, text string) { checkPlain(t, text) })
}

// What templates render is to be read the quick way.
func TestPlainYAMLReadsWhatTemplatesRender(t *testing.T) {
	const text = `
metadata:
  labels:
    app: "web"

  annotations: {
    istio.io/rev: "default",

    note: "a b",
  }
spec:

  initContainers:
  - name: istio-init
    image: "example.com/proxyv2:1.0"
    args:
    - istio-iptables
    - "-p"
    -  "1337" 
    # a comment
    resources:
        limits:
          cpu: "2"
          memory: 1Gi

    securityContext:
      runAsUser: 0
  containers:
  - name: istio-proxy
    env:
    - name: PROXY_CONFIG
      value: |
             {"a":"b"}
    - name: PORTS
      value: |-
        [
            {"name":"http"}
        ]
  volumes:
  - emptyDir:
    name: workload-socket
`
	if !checkPlain(t, text) {
		t.Error("not read")
	}
}
