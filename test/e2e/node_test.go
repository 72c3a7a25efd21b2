package e2e

import (
	"context"
	"testing"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// addNode adds a node that is there until the end of the test, at most.
func addNode(t *testing.T, node cluster.Node) {
	t.Helper()
	if err := shared.AddNode(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := shared.Kubectl(context.Background(), "delete", "node", node.Name, "--ignore-not-found")
		if err != nil {
			t.Error(err)
		}
	})
}
