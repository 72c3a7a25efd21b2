package e2e

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// newNamespace makes a namespace for one test, which ends with it.
func newNamespace(t *testing.T, name string, labels map[string]string) string {
	t.Helper()
	if err := shared.AddNamespace(t.Context(), name, labels); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := shared.RemoveNamespace(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return name
}

// ensureNamespace has a namespace be there whose name several tests need. It stays:
// it would take its time to go.
func ensureNamespace(t *testing.T, name string) {
	t.Helper()
	err := shared.AddNamespace(t.Context(), name, nil)
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// kubectl runs kubectl in a namespace and returns what it printed.
func kubectl(t *testing.T, namespace string, args ...string) string {
	t.Helper()
	out, err := shared.Kubectl(t.Context(), append([]string{"--namespace=" + namespace}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// apply applies a file of testdata to a namespace.
func apply(t *testing.T, namespace, file string) {
	t.Helper()
	kubectl(t, namespace, "apply", "--filename=testdata/"+file)
}
