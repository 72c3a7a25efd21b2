package main

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

func TestJoin(t *testing.T) {
	const bom = "\xef\xbb\xbf"
	for _, test := range []struct {
		name   string
		inputs []string
		want   string
	}{
		{"one stays as it is", []string{bom + "a: 1"}, bom + "a: 1"},
		{"a separator between", []string{"a: 1\n", "b: 2\n"}, "a: 1\n---\nb: 2\n"},
		{"a missing line end", []string{"a: 1", "b: 2"}, "a: 1\n---\nb: 2"},
		{"its own separator", []string{"a: 1", "# of b\n--- # b\nb: 2\n"}, "a: 1\n# of b\n--- # b\nb: 2\n"},
		{"a separator at the end", []string{"a: 1\n---", "b: 2\n"}, "a: 1\n---\n---\nb: 2\n"},
		{"a directive", []string{"a: 1\n", "%YAML 1.1\n---\nb: 2\n"}, "a: 1\n...\n%YAML 1.1\n---\nb: 2\n"},
		{"empty inputs", []string{"", "a: 1\n", "", "b: 2\n", ""}, "a: 1\n---\nb: 2\n"},
		{"comments alone", []string{"# one\n", "# two\n"}, "# one\n---\n# two\n"},
		{"line ends of Windows", []string{"a: 1\r\n", "b: 2\r\n"}, "a: 1\r\n---\r\nb: 2\r\n"},
		{"a byte order mark inside", []string{"a: 1\n", bom + "b: 2\n"}, "a: 1\n---\nb: 2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			j := &joiner{w: &out}
			for _, input := range test.inputs {
				r := bufio.NewReader(strings.NewReader(input))
				if err := j.next(r); err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(j, r); err != nil {
					t.Fatal(err)
				}
			}
			if out.String() != test.want {
				t.Errorf("got %q, want %q", out.String(), test.want)
			}
		})
	}
}
