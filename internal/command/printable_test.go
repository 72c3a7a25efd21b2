package command

import (
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
