package replica

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsPackedComesOutAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &dictionary{}
		type entry struct {
			text   []byte
			packed string
		}
		var all []entry
		piece := rapid.SampledFrom([]string{strings.Repeat("a", 40), `{"name":"istio-proxy","image":"example.com/proxy"}`, "short", "x", `{"containerPort":15090,"protocol":"TCP"}`})
		for range rapid.IntRange(1, 6).Draw(t, "texts") {
			text := []byte(strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), rapid.StringN(0, 3, 3).Draw(t, "between")))
			if rapid.Bool().Draw(t, "learn") {
				d = d.with(text)
			}
			all = append(all, entry{text, d.pack(text)})
		}
		for _, e := range all {
			if got := d.unpack(e.packed); !bytes.Equal(got, e.text) {
				t.Fatalf("%q came out as %q", e.text, got)
			}
		}
	})
}

func TestTextsLikeOthersTakeLittleRoom(t *testing.T) {
	d := &dictionary{}
	text := strings.Repeat(`{"name":"ISTIO_META_WORKLOAD_NAME","value":"cart"},{"name":"POD_NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},`, 20)
	d = d.with([]byte(text))
	other := strings.Replace(text, `"cart"`, `"checkout"`, 1)
	if n := len(d.pack([]byte(other))); n > 40 {
		t.Errorf("%d bytes that differ in one word are packed into %d", len(other), n)
	}
}
