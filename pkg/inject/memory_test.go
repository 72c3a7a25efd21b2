package inject_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// More workloads than there is room for push out the oldest, and none is wrong.
func TestMemoryIsBounded(t *testing.T) {
	in := injectors(t)[0].Remembering(64 << 10)
	patches := map[string]string{}
	for round := range 3 {
		for i := range 500 {
			pod := podJSON(t, fmt.Sprintf("{metadata: {name: p%d}, spec: {containers: [{name: c%d}]}}", i, i))
			result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"})
			if err != nil {
				t.Fatal(err)
			}
			patch, err := json.Marshal(result.Patch)
			if err != nil {
				t.Fatal(err)
			}
			text := string(patch)
			if !strings.Contains(string(applied(t, pod, result.Patch)), fmt.Sprintf("Pod shop/p%d", i)) {
				t.Fatalf("pod %d has another's patch", i)
			}
			if round > 0 && patches[string(pod)] != text {
				t.Fatalf("pod %d has another patch than before", i)
			}
			patches[string(pod)] = text
		}
		entries, bytes := in.Remembered()
		if bytes > 64<<10 || entries < 20 || entries == 500 {
			t.Errorf("%d patches are remembered in %d bytes", entries, bytes)
		}
	}
}
