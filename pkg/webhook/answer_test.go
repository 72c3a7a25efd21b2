package webhook

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestPatchIsWritten(t *testing.T) {
	long := json.RawMessage(`"` + strings.Repeat("0123456789", 10_000) + `"`)
	for _, patch := range []tree.Patch{
		{tree.NewOperation("remove", "/a", nil)},
		{
			tree.NewOperation("add", `/a"b/é`, json.RawMessage(`{"x":[1,null]}`)),
			tree.NewOperation("replace", "", json.RawMessage(`null`)),
		},
		{
			tree.NewOperation("add", "/long", long),
			tree.NewOperation("add", "/short", json.RawMessage(`1`)),
			tree.NewOperation("replace", "/"+strings.Repeat("x", 2*largestPiece+1), long),
		},
	} {
		w := patchWriter{to: []byte("before ")}
		w.write(patch)
		text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(w.to), "before "))
		if err != nil {
			t.Fatal(err)
		}
		var got tree.Patch
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%.200s: %v", text, err)
		}
		if diff := cmp.Diff(patch, got); diff != "" {
			t.Errorf("patch (-want +got):\n%s", diff)
		}
	}
}

// The API server cuts or drops warnings beyond its limits: none gets there.
func TestWarningsKeepToTheLimits(t *testing.T) {
	decode := func(warnings []string) []string {
		var got struct{ Warnings []string }
		text := appendWarnings([]byte(`{"x":0`), warnings)
		if err := json.Unmarshal(append(text, '}'), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return got.Warnings
	}
	if got := decode(nil); got != nil {
		t.Errorf("no warnings are written as %q", got)
	}
	if diff := cmp.Diff([]string{"a b", "c"}, decode([]string{"a\nb", "c"})); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	many := decode(append(make([]string, 0, 40), repeat(strings.Repeat("x", 300), 40)...))
	if got, want := many[len(many)-1], "more warnings are left out"; !strings.Contains(got, want) {
		t.Errorf("the last of too many warnings is %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		warnings := rapid.SliceOfN(rapid.StringN(0, 400, -1), 0, 60).Draw(t, "warnings")
		total := 0
		for _, warning := range decode(warnings) {
			total += len(warning)
			if len(warning) > maxWarning || !utf8.ValidString(warning) || strings.ContainsAny(warning, "\n\r\x00\x7f") {
				t.Fatalf("warning %q", warning)
			}
		}
		if total > maxWarnings {
			t.Fatalf("%d bytes of warnings", total)
		}
	})
}

func repeat(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}
