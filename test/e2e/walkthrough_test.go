package e2e

import (
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestWalkthrough does what users know: label the namespace, apply bookinfo, and
// every pod shows 2/2.
func TestWalkthrough(t *testing.T) {
	for _, profile := range profiles.Names() {
		t.Run(profile, func(t *testing.T) {
			newInstallation(t, installation.Options{Replicas: 2, Profile: profile})
			kubectl(t, "default", "label", "namespace", "default", "istio-injection=enabled")
		})
	}
}
