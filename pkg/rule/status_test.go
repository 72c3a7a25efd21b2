package rule

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestUnreadableStatus: what is not written as injectors write it is no status.
func TestUnreadableStatus(t *testing.T) {
	for value, unreadable := range map[string]bool{
		`{}`: false, `{"containers":null,"volumes":["a"],"revision":"default"}`: false,
		`injected`: true, `[]`: true, `null`: true, `{"containers":"istio-proxy"}`: true,
		`{"initContainers":{"istio-init":{}}}`: true, `{"volumes":[1]}`: true, `{"containers":[["a"]]}`: true,
	} {
		p := pod.WithAnnotation(tree.NewObject(), pod.StatusKey, value)
		if got := UnreadableStatus(p); got != unreadable || unreadable != (StatusOf(p) == nil) {
			t.Errorf("%s: unreadable %v, read as %s", value, got, StatusOf(p).JSON())
		}
	}
	if UnreadableStatus(tree.NewObject()) {
		t.Error("there is none, and it cannot be read")
	}
}
