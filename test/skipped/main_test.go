package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShow(t *testing.T) {
	in := `{"ImportPath":"b","Action":"build-output","Output":"# b\n"}
{"ImportPath":"b","Action":"build-output","Output":"b.go:1: no\n"}
{"Action":"run","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"=== RUN   TestOne\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"    one_test.go:7: something else\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"    cases.go:22: SKIPPED: the cases are not here\n"}
{"Action":"output","Package":"a","Test":"TestOne","Output":"--- SKIP: TestOne (0.00s)\n"}
{"Action":"skip","Package":"a","Test":"TestOne"}
{"Action":"output","Package":"a","Test":"TestTwo","Output":"    cases.go:22: SKIPPED: the cases are not here\n"}
{"Action":"skip","Package":"a","Test":"TestTwo"}
{"Action":"skip","Package":"a","Test":"TestThree"}
{"Action":"output","Package":"a","Test":"TestFour","Output":"fine\n"}
{"Action":"pass","Package":"a","Test":"TestFour"}
{"Action":"output","Package":"a","Test":"TestFive","Output":"    five_test.go:9: bad\n"}
{"Action":"output","Package":"a","Test":"TestFive","Output":"--- FAIL: TestFive (0.00s)\n"}
{"Action":"fail","Package":"a","Test":"TestFive"}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a"}
{"Action":"output","Package":"c","Output":"?   \tc\t[no test files]\n"}
go: something of its own
`
	want := `# b
b.go:1: no
    five_test.go:9: bad
--- FAIL: TestFive (0.00s)
ok  	a	0.1s
go: something of its own
3 tests were skipped (1: no reason given; 2: the cases are not here)
`
	var out strings.Builder
	if err := show(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("what is shown (-want +got):\n%s", diff)
	}

	out.Reset()
	if err := show(strings.NewReader(`{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}`), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "ok  \ta\t0.1s\n" {
		t.Errorf("where none was skipped %q is shown", got)
	}
}
