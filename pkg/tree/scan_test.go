package tree_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkScan holds what a Scanner makes of a text against encoding/json.
func checkScan(t rapid.TB, text []byte) {
	t.Helper()
	s := tree.NewScanner(text)
	raw := s.Raw()
	err := s.End()
	if valid := json.Valid(text); valid != (err == nil) {
		t.Fatalf("%q: valid is %t, but: %v", text, valid, err)
	}
	if err != nil {
		return
	}
	if !bytes.Equal(raw, bytes.Trim(text, " \t\n\r")) {
		t.Fatalf("%q: took %q", text, raw)
	}
	var want map[string]json.RawMessage
	if json.Unmarshal(text, &want) != nil {
		return // no object
	}
	got := map[string]json.RawMessage{}
	s = tree.NewScanner(text)
	for key := range s.Members() {
		got[key] = s.Raw()
	}
	if err := s.End(); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	for key, value := range want {
		if !bytes.Equal(got[key], value) {
			t.Fatalf("%q: of %q took %q", text, key, got[key])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%q: took %d members of %d", text, len(got), len(want))
	}
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := marshal(t, anyJSON().Draw(t, "value"))
		checkScan(t, text)
		if len(text) > 0 {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte(`{}[]",:\0-e.tn `+"\n\x01\xff")).Draw(t, "byte")
			checkScan(t, text)
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, text := range []string{
		`{"a": 1, "b" : [true, null, -0.5e+3], "c":{"d":""}}`, `{"\u0061":"\ud83d\ude00\n"}`, `[1,]`, `{"a"}`, `{,}`, `"\x"`, `"\u12g4"`, `01`, `-`, `1.`, `1e`,
		`{"a":1 "b":2}`, `nul`, ` `, `{"a":"b"`, `{"a":1}}`, "\"\x01\"", "{\"\xff\":1}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkScan(t, text) })
}

func TestScannerTakesTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		s := tree.NewScanner([]byte(" " + string(marshal(t, want)) + " "))
		if got := s.Text(); got != want || s.End() != nil {
			t.Fatalf("took %q, %v", got, s.Err())
		}
	})
	for text, want := range map[string]string{
		`1`:          "unexpected '1', wanted a string",
		`"a`:         "JSON at byte 2: the text ends too early",
		`"\u00zz"`:   "unknown escape",
		`{"a":{"b":`: "JSON at byte 10",
		`"a" b`:      "JSON at byte 4: more text after the value",
	} {
		s := tree.NewScanner([]byte(text))
		if strings.HasPrefix(text, "{") {
			s.Raw()
		} else {
			s.Text()
		}
		if err := s.End(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	s := tree.NewScanner([]byte(`{"yes": true, "no": false, "null": null, "left": [1], "text": null}`))
	var booleans []bool
	for key := range s.Members() {
		switch key {
		case "text", "null":
			if !s.Null() {
				t.Errorf("%s is not null", key)
			}
		case "left":
		default:
			booleans = append(booleans, s.Bool())
		}
	}
	if s.End() != nil || len(booleans) != 2 || !booleans[0] || booleans[1] {
		t.Errorf("%v, %v", booleans, s.Err())
	}
}
