package tree_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

const concealed = "(it looks like a key and is not shown)"

func TestExtract(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `""`},
		{"soon", `"soon"`},
		{"two\nlines\x1b[31m \u202e", `"two\nlines\x1b[31m \u202e"`},
		{strings.Repeat("s", 64), `"` + strings.Repeat("s", 64) + `"`},
		{strings.Repeat("é", 65), `"` + strings.Repeat("é", 64) + `"...`},
		{"-----BEGIN PRIVATE KEY-----\nMIIE", concealed},
		{"password: Zm9vYmFyYmF6cXV4cXV1eA==", concealed},
		{"d41d8cd98f00b204e9800998ecf8427e", concealed},
		{strings.Repeat("a ", 64) + "d41d8cd98f00b204e9800998ecf8427e", concealed},
		{"requiredDuringSchedulingIgnoredDuringExecution", `"requiredDuringSchedulingIgnoredDuringExecution"`},
		{"FallbackToLogsOnError", `"FallbackToLogsOnError"`},
		{"reviews-v1-5d9c7b8f4-x2x9p", `"reviews-v1-5d9c7b8f4-x2x9p"`},
		{"123e4567-e89b-12d3-a456-426614174000", `"123e4567-e89b-12d3-a456-426614174000"`},
		{"istio-sidecar-injector-default-v1-24-0", `"istio-sidecar-injector-default-v1-24-0"`},
		{"traffic.sidecar.istio.io/excludeOutboundIPRanges", `"traffic.sidecar.istio.io/excludeOutboundIPRanges"`},
	} {
		if got := tree.Extract(c.text); got != c.want {
			t.Errorf("Extract(%q) = %s, want %s", c.text, got, c.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"{a: b}", "an object"},
		{"[a]", "a list"},
		{"'a'", `the string "a"`},
		{"'" + strings.Repeat("a", 100) + "'", `the string "` + strings.Repeat("a", 64) + `"...`},
		{"1.5", "1.5"},
		{"1" + strings.Repeat("0", 100) + ".5", "1" + strings.Repeat("0", 63) + "..."},
		{"true", "true"},
		{"null", "null"},
	} {
		v, err := tree.ParseYAML([]byte(c.yaml))
		if err != nil {
			t.Fatal(err)
		}
		if got := tree.Describe(v); got != c.want {
			t.Errorf("%s is described as %s, want %s", c.yaml, got, c.want)
		}
	}
}

func TestAbridged(t *testing.T) {
	long := strings.Repeat("s", 4000)
	path := "/srv/" + strings.Repeat("folder/", 20) + "mesh.yaml"
	for _, c := range []struct{ text, want string }{
		{`mesh config: "soon" is no duration`, `mesh config: "soon" is no duration`},
		{`Get "http://127.0.0.1:1/apis/apps/v1/deployments": refused`, `Get "http://127.0.0.1:1/apis/apps/v1/deployments": refused`},
		{"line one\nline two\n", "line one\nline two\n"},
		{`unexpected "` + long + `", wanted a value`, `unexpected "` + long[:64] + `"..., wanted a value`},
		{"unknown anchor '" + long + "' referenced", "unknown anchor '" + long[:63] + "... referenced"},
		{"open " + path + ": no such file", "open " + path + ": no such file"},
		{"open " + long + "/x: no such file", "open " + long[:256] + "... no such file"},
		{"no value for -----BEGIN EC KEY-----\nMIIE\n-----END EC KEY----- here", "no value for " + concealed + " here"},
		{"open a\x1b[31mb\u0085\u202ec: no such file\nnext line", `open a\x1b[31mb\u0085\u202ec: no such file` + "\nnext line"},
		{`invalid value "c3VwZXJzZWNyZXRwYXNzd29yZA1x"`, "invalid value " + concealed},
	} {
		if got := tree.Abridged(errors.New(c.text)).Error(); got != c.want {
			t.Errorf("%.200q\n is %q\nwant %q", c.text, got, c.want)
		}
	}
	inner := errors.New(long)
	if err := tree.Abridged(fmt.Errorf("outer: %w", inner)); !errors.Is(err, inner) {
		t.Error("the error inside is lost")
	}
	if tree.Abridged(nil) != nil {
		t.Error("no error has become one")
	}
}

// Keys that programs make are not shown, wherever in a text they are.
func TestExtractConcealsKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		raw := make([]byte, rapid.IntRange(32, 64).Draw(t, "length"))
		for i := range raw {
			raw[i] = byte(random.Uint32())
		}
		for _, key := range []string{base64.StdEncoding.EncodeToString(raw), hex.EncodeToString(raw)} {
			if got := tree.Extract("token: " + key); strings.Contains(got, key[:8]) {
				t.Fatalf("%s is shown as %s", key, got)
			}
		}
	})
}

// Whatever the text, an extract is short and a whole text.
func TestExtractIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		got := tree.Extract(text)
		if !utf8.ValidString(got) || len(got) > 10*64+5 {
			t.Fatalf("Extract(%q) is %q", text, got)
		}
		if short := tree.Abridged(errors.New(text)).Error(); utf8.RuneCountInString(short) > 2*utf8.RuneCountInString(text)+len(concealed) {
			t.Fatalf("Abridged(%q) is longer: %q", text, short)
		}
	})
}

func TestConcealed(t *testing.T) {
	const concealed = "(it looks like a key and is not shown)"
	tests := map[string]string{
		"docker.io/istio/proxyv2:1.30.3":                                                  "docker.io/istio/proxyv2:1.30.3",
		"kubernetes://apis/apps/v1/namespaces/default/deployments/details-v1":             "kubernetes://apis/apps/v1/namespaces/default/deployments/details-v1",
		"proxyv2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "proxyv2@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"workload-spiffe-credentials":                                                     "workload-spiffe-credentials",
		"a\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\nb":              "a\n" + concealed + "\nb",
		"-----BEGIN PRIVATE KEY-----\nMIIB":                                               concealed,
		"token=h7Gq2LmX9vTz4KpW8sRb1NcY6d":                                                "token=" + concealed,
	}
	for text, want := range tests {
		if got := tree.Concealed(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
