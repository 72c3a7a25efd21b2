package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestCheckNeedsNoMoreRights shows that the role in the documentation lets all be
// looked at, and that without a role what could not be is told.
func TestCheckNeedsNoMoreRights(t *testing.T) {
	newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "rights", map[string]string{"istio-injection": "enabled"})
	pod := appPod()
	pod.Name, pod.GenerateName = "app", ""
	if _, err := shared.Client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	kubeconfig := accountKubeconfig(t, namespace, "operator")

	if _, status := outrigger(t, "check", "--kubeconfig="+kubeconfig); status != 2 {
		t.Errorf("without any rights it exited with %d, want 2", status)
	}

	bindRoleOfDocs(t, namespace, "operator")
	var text string
	eventually(t, "the rights are in force", func(context.Context) (bool, error) {
		var status int
		text, status = outrigger(t, "check", "--kubeconfig="+kubeconfig)
		return status == 0, nil
	})
	if strings.Contains(text, "NotLookedAt") || !strings.Contains(text, "BundleTrusts") {
		t.Errorf("not all could be looked at:\n%s", text)
	}
	if text, status := outrigger(t, "check", "pod", "app", "--namespace="+namespace, "--kubeconfig="+kubeconfig); status != 0 || !strings.Contains(text, "injected (PolicyEnabled)") {
		t.Errorf("the pod is not explained (exit status %d):\n%s", status, text)
	}
}

// accountKubeconfig makes a service account without rights, and a kubeconfig for it.
func accountKubeconfig(t *testing.T, namespace, name string) string {
	t.Helper()
	accounts := shared.Client.CoreV1().ServiceAccounts(namespace)
	if _, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(shared.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	for user := range config.AuthInfos {
		config.AuthInfos[user] = &api.AuthInfo{Token: token.Status.Token}
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// operatorKubeconfig is a kubeconfig for an account with the rights of the documentation.
func operatorKubeconfig(t *testing.T, namespace string) string {
	t.Helper()
	kubeconfig := accountKubeconfig(t, namespace, "operator")
	bindRoleOfDocs(t, namespace, "operator")
	eventually(t, "the rights are in force", func(context.Context) (bool, error) {
		_, status := outrigger(t, "check", "--kubeconfig="+kubeconfig)
		return status == 0, nil
	})
	return kubeconfig
}

// bindRoleOfDocs gives an account the ClusterRole that docs/troubleshooting.md shows.
func bindRoleOfDocs(t *testing.T, namespace, account string) {
	t.Helper()
	applyRoleOfDocs(t, "outrigger-check")
	bindings := shared.Client.RbacV1().ClusterRoleBindings()
	if _, err := bindings.Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "outrigger-check"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "outrigger-check"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: account}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bindings.Delete(context.Background(), "outrigger-check", metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// applyRoleOfDocs applies the ClusterRole that docs/troubleshooting.md shows.
func applyRoleOfDocs(t *testing.T, name string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	_, role, _ := strings.Cut(string(page), "```yaml\n")
	role, _, _ = strings.Cut(role, "```")
	if err := shared.Apply(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.Client.RbacV1().ClusterRoles().Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}
