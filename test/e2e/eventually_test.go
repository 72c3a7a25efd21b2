package e2e

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/util/wait"
)

// eventually waits for something that takes the cluster or Outrigger a moment.
func eventually(t *testing.T, what string, holds func(context.Context) (bool, error)) {
	t.Helper()
	if err := wait.PollUntilContextTimeout(t.Context(), poll, limit, true, holds); err != nil {
		t.Fatalf("waiting until %s: %v", what, err)
	}
}
