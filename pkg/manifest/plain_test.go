package manifest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shape writes all that a tree says of a text.
func shape(b *strings.Builder, n *node) {
	fmt.Fprintf(b, "(%d %v %v %v %v %d-%d-%d c%d %q %v %v %q", n.form, n.flow, n.odd, n.block, n.dirty, n.start, n.body, n.end, n.column, n.scalar.text, n.scalar.isString, n.flaw, n.anchor)
	if len(n.entries) != len(n.source) || n.merges || len(n.aliases) > 0 {
		b.WriteString("!")
	}
	for _, e := range n.entries {
		fmt.Fprintf(b, "\n[%d %d %v", e.at, e.after, e.merge)
		if e.in != n || e.was != e.value || e.wasKey != e.key || e.value.holder != e {
			b.WriteString("!")
		}
		if e.key != nil {
			shape(b, e.key)
		}
		shape(b, e.value)
		b.WriteString("]")
	}
	b.WriteString(")")
}

// checkPlain holds what is read without the parser against what is read with it. It
// returns false for a text that is not plain.
func checkPlain(t reporter, text []byte) bool {
	t.Helper()
	text = append(bytes.Clone(text), lentBreak(text)...)
	got := readPlain(text, &arena{})
	if got == nil {
		return false
	}
	y := decode(text)
	if y.err != nil || y.root == nil {
		t.Fatalf("the parser says %v of\n%s", y.err, text)
	}
	want, err := place(text, y.root, &arena{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var a, b strings.Builder
	shape(&a, want.root)
	shape(&b, got.root)
	var c checks
	if a.String() != b.String() || len(got.keeps) != len(want.keeps) || c.look(y.root) > 0 || len(c.duplicates) > 0 || templated(y.root) != nil {
		t.Fatalf("%s\nwant\n%s\ngot\n%s", text, &a, &b)
	}
	rw := rewriter{kinds: newKinds(nil)}
	if h := headOf(y.root); rw.mayHold(h) != rw.mayHold(got.head) || h.sops != got.head.sops || mayBeWorkload(y.root, h) != got.mayBeWorkload() {
		t.Fatalf("%s\nwant %+v got %+v", text, h, got.head)
	}
	return true
}

// TestPlainOfSamples: the manifests at hand, and what injection makes of them, are
// read without the parser for the most part.
func TestPlainOfSamples(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/*/*/*.yaml")
	more, _ := filepath.Glob("../../testdata/*/*.yaml")
	plain, all := 0, 0
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range documents(t, text) {
			all++
			if checkPlain(t, doc) {
				plain++
			}
		}
	}
	t.Logf("%d of %d", plain, all)
	if all == 0 || plain*2 < all {
		t.Errorf("only %d of %d documents are plain", plain, all)
	}
}

// plainPieces are pieces of YAML, some of which are not plain.
var plainPieces = []string{
	"a", "b", "name", "- ", "-", ":", ": ", "\n", "\n", "\n", "\n  ", "\n    ", "\n ", "  ", " ", "# c", " # c", "\n# c\n", "'", "\"", "x y", "|\n", "|-\n", "|+\n", ">\n", "{}", "[]", "{", "}", "]", "[", ", ", "[1, 2]", "1", "0x1F", "1.50", "yes", "~", "null", "''", "\"\"",
	"\"a\\n\\\"b\\\\\"", "'it''s'", "---", "\n---\n", "...", "&a ", "*a", "!!str ", "?", "é", "\u2028", "\t", "{{ .Values.a }}", "<<: ", "kind: ", "apiVersion: ", "containers:\n- ", "containers: []\n", "metadata:\n  name: ", "http://x:1", "a:b", "%", "@", "-1", "--x", "text", "sops:\n  mac: x\n", ",", "$(A)", "\r\n", "\n\n",
}

// TestPlainAsParsed: whatever is read without the parser is read as the parser does.
func TestPlainAsParsed(t *testing.T) {
	piece := rapid.SampledFrom(plainPieces)
	checkSome(t, "plain", func(t *rapid.T) bool {
		return checkPlain(t, []byte(strings.Join(rapid.SliceOfN(piece, 1, 12).Draw(t, "pieces"), "")))
	})
}

// checkSome checks draws, some of which at least have to be what is meant: among few there
// may be none.
func checkSome(t *testing.T, meant string, check func(*rapid.T) bool) {
	t.Helper()
	some, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		all++
		if check(t) {
			some++
		}
	})
	t.Logf("%d of %d are %s", some, all, meant)
	if all >= 100 && some == 0 {
		t.Errorf("none is %s", meant)
	}
}

// TestPlainOfTrees: of nested collections, too.
func TestPlainOfTrees(t *testing.T) {
	scalars := rapid.SampledFrom([]string{"a", "1", "'b'", "\"c\\nd\"", "", "{}", "[]", "a b # c", "x: y", "- x", "[a, \"b\", {c: d e, 'f': []}] # c", "{a: 1, b: x}", "[a,b]", "[a, b:1]", "{ a: 'x' }", "{a: , b: 1}", "[a, ]", "{a: \n%s b}", "|\n%s  text\n\n%s   more", "|-\n%s  text\n", "|\n%stext", "# c", "\n%s  # c", "a\n%s  b", "\n%sx"})
	checkSome(t, "plain", func(t *rapid.T) bool {
		var b strings.Builder
		var write func(depth, column int)
		write = func(depth, column int) {
			margin := strings.Repeat(" ", column)
			sequence := rapid.Bool().Draw(t, "sequence")
			for i := range rapid.IntRange(1, 3).Draw(t, "n") {
				if i > 0 || rapid.IntRange(0, 5).Draw(t, "apart") > 0 || !strings.HasSuffix(b.String(), "- ") {
					b.WriteString("\n" + margin[:max(0, len(margin)-rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 1}).Draw(t, "less"))])
				}
				if sequence {
					b.WriteString("-" + rapid.SampledFrom([]string{" ", " ", "  "}).Draw(t, "gap"))
				} else {
					fmt.Fprintf(&b, "k%d:", rapid.IntRange(0, 9).Draw(t, "key"))
				}
				if depth > 0 && rapid.Bool().Draw(t, "nested") {
					write(depth-1, column+rapid.SampledFrom([]int{2, 2, 2, 0, 4, 1}).Draw(t, "step"))
				} else {
					b.WriteString(" " + strings.ReplaceAll(scalars.Draw(t, "scalar"), "%s", margin))
				}
			}
		}
		write(3, 0)
		text := strings.TrimPrefix(b.String(), "\n") + rapid.SampledFrom([]string{"", "\n", "\n\n", "\n# c\n"}).Draw(t, "end")
		return checkPlain(t, []byte(text))
	})
}
