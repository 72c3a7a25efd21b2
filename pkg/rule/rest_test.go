package rule

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestRestLeadsBack goes from any pod to any other by the rest between them.
func TestRestLeadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		back, was := parse(t, podtest.Pod().Draw(t, "what comes back")), parse(t, podtest.Pod().Draw(t, "what it was"))
		mended := laid{pod: back}
		if rest := restOf(back, was); rest != nil {
			mended.mend(rest)
		}
		if !tree.Equal(podtest.Meaning(mended.pod), podtest.Meaning(was)) {
			t.Fatalf("from %s\nto   %s\nby   %s\nit is %s", back.JSON(), was.JSON(), restOf(back, was).JSON(), mended.pod.JSON())
		}
		if rest := restOf(mended.pod, was); rest != nil {
			t.Fatalf("the rest of what was mended is %s", rest.JSON())
		}
	})
}

// TestRestOfSomethingElse lays what nobody wrote over a pod: it stays as it is.
func TestRestOfSomethingElse(t *testing.T) {
	pod, err := tree.Parse([]byte(`{"metadata":{"labels":{"a":"b"}},"spec":{"volumes":[{"name":"data"},{"name":"more"}],"containers":[{"name":"app"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{}`, `{"":[]}`, `{"metadata":[]}`, `{"metadata":[1,2,3]}`, `{"metadata":{"labels":{"a":["c",null]}}}`, `{"metadata":{"labels":{"a":{"b":["c","d"]}}}}`, `{"metadata":{"labels[a]":["b","c"]}}`,
		`{"spec":{"volumes[]":[["data","more"],["data","data"]]}}`, `{"spec":{"volumes[]":[["data","more"],["data"]]}}`, `{"spec":{"volumes[]":1}}`, `{"spec":{"volumes[gone]":{"name":[null,"x"]}}}`, `{"spec":{"volumes[data]":7}}`,
	} {
		rest, err := tree.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		mended := laid{pod: pod}
		if mended.mend(rest); !tree.Equal(mended.pod, pod) || len(mended.paths) > 0 {
			t.Errorf("%s makes it %s, at %v", text, mended.pod.JSON(), mended.paths)
		}
	}
}
