package podtest

import (
	"fmt"
	"strings"
)

// Bombs are small texts that mean much, or that nest deeply: each is 100 KB or so that
// a reader of YAML or JSON has to read, or refuse, in bounded memory.
var Bombs = map[string]string{
	"lists in lists":             strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000),
	"lists without an end":       strings.Repeat("[", 100_000),
	"objects in objects":         strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	"mappings in mappings":       mappings(400),
	"dashes":                     strings.Repeat("- ", 50_000) + "x",
	"complex keys":               strings.Repeat("? ", 25_000) + "x",
	"colons":                     strings.Repeat(": ", 25_000),
	"tags":                       strings.Repeat("!!str ", 1000) + "x",
	"a thousand million laughs":  laughs(),
	"laughs in JSON":             `{"a": &a {"x": "` + strings.Repeat("y", 10_000) + `"}, "b": [` + strings.Repeat("*a,", 3000) + `*a]}`,
	"merge keys":                 "a: &a {" + members(100) + "}\n" + strings.Join(strs("m%d: {<<: *a}\n", 4000), ""),
	"a list of merge keys":       "a: &a {" + members(1000) + "}\nb: {<<: [" + strings.Repeat("*a,", 20_000) + "*a]}\n",
	"an alias of what it is in":  "a: &a [*a]\n",
	"a merge of what it is in":   "a: &a {<<: *a}\n",
	"a long number":              "a: " + strings.Repeat("9", 100_000) + "\nb: 0x" + strings.Repeat("f", 10_000) + "\n",
	"a large exponent":           "a: 1e" + strings.Repeat("9", 10_000) + "\nb: 1e999999999\nc: -1e-999999999\n",
	"a long key":                 `"` + strings.Repeat("k", 100_000) + `": x` + "\n",
	"anchors":                    strings.Join(strs("k%[1]d: &a%[1]d x\n", 5000), ""),
	"documents":                  strings.Repeat("---\n", 25_000),
	"directives":                 strings.Repeat("%YAML 1.1\n", 5000) + "---\na: b\n",
	"a block that is all indent": "a: |\n" + strings.Repeat(strings.Repeat(" ", 1000)+"\n", 100),
	"quotes without an end":      `a: "` + strings.Repeat(`\u0041`, 15_000),
	"escapes":                    `a: "` + strings.Repeat(`\U0001F600`, 10_000) + `"`,
	"lone surrogates":            `{"a": "` + strings.Repeat(`\ud800`, 15_000) + `"}`,
	"what is no text":            strings.Repeat("\xff\xfe\x00", 30_000),
}

func mappings(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func members(n int) string { return strings.Join(strs("k%d: x", n), ", ") }

// laughs are lists of nine of the list before.
func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 9), ","))
	}
	return b.String()
}
