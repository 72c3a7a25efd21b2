package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// newInstallation installs Outrigger for one test, and removes it with it.
func newInstallation(t *testing.T, options installation.Options) *installation.Installation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	o, err := installation.Install(ctx, shared, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Remove(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return o
}
