package command

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string][2]string{
		"plain é 😀":      {"plain é 😀", "plain é 😀"},
		"\x1b[31mred":    {`"\x1b[31mred"`, `\x1b[31mred`},
		"\u009b31m":      {`"\u009b31m"`, `\u009b31m`},
		"a\u202eb\u2066": {`"a\u202eb\u2066"`, `a\u202eb\u2066`},
		"a\nb\tc":        {`"a\nb\tc"`, "a\nb\tc"},
		"\r":             {`"\r"`, `\r`},
	} {
		if diff := cmp.Diff(want, [2]string{printable(in), printableLines(in)}); diff != "" {
			t.Errorf("%q: -want +got\n%s", in, diff)
		}
	}
}

// TestNamesOfCasesArePrintable: a folder of cases may come from anybody.
func TestNamesOfCasesArePrintable(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "case\x1b[2J\u202e"), 0o755); err != nil {
		t.Skipf("SKIPPED: no such name can be given here: %v", err)
	}
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
	if err := os.WriteFile(filepath.Join(dir, "case\x1b[2J\u202e", "input.yaml"), []byte(pod), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&testCommand{update: true}).run(dir, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := "written  \"case\\x1b[2J\\u202e\"\n1 passed, 0 failed\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
