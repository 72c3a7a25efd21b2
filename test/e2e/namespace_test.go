package e2e

import (
	"context"
	"testing"
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

// newWellKnownNamespace makes a namespace whose name several tests need. It has gone
// when the test has ended.
func newWellKnownNamespace(t *testing.T, name string) {
	t.Helper()
	if err := shared.AddNamespace(t.Context(), name, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := shared.Kubectl(context.Background(), "delete", "namespace", name, patience); err != nil {
			t.Error(err)
		}
	})
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
