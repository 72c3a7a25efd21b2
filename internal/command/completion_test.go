package command

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
)

// Pods and namespaces are offered as the cluster has them.
func TestOffersOfCluster(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		const list = `{"apiVersion":"v1","kind":%q,"items":[{"metadata":{"name":%q}},{"metadata":{"name":%q}}]}`
		switch r.URL.Path {
		case "/api/v1/namespaces":
			fmt.Fprintf(w, list, "NamespaceList", "shop", "stage")
		case "/api/v1/namespaces/shop/pods":
			fmt.Fprintf(w, list, "PodList", "web-1", "web-2")
		case "/api/v1/namespaces/stage/pods":
			fmt.Fprintf(w, list, "PodList", "db-1", "db-2")
		case "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations":
			fmt.Fprint(w, `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"MutatingWebhookConfigurationList","items":[{"metadata":{"name":"outrigger"}},{"metadata":{"name":"outrigger-canary"}},{"metadata":{"name":"others"}}]}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	config := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "` + server.URL + `"}}],
contexts: [{name: other, context: {cluster: c}}, {name: c, context: {cluster: c, namespace: stage}}]}`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line []string
		want string
	}{
		{[]string{"check", "pod", "--namespace", ""}, "shop\nstage\n:4\n"},
		{[]string{"inject", "-n", ""}, "shop\nstage\n:4\n"},
		{[]string{"check", "pod", "-n", "shop", ""}, "web-1\nweb-2\n:4\n"},
		{[]string{"check", "pod", ""}, "db-1\ndb-2\n:4\n"},
		{[]string{"check", "--config-namespace", ""}, "shop\nstage\n:4\n"},
		{[]string{"certs", "status", "--context", ""}, "c\nother\n:4\n"},
		{[]string{"check", "config", "--revision", ""}, "canary\ndefault\n:4\n"},
		{[]string{"check", "pod", "db-1", ""}, ":4\n"},
	} {
		t.Setenv("KUBECONFIG", config)
		var out bytes.Buffer
		root := newRootCommand()
		root.SetOut(&out)
		root.SetErr(&bytes.Buffer{})
		root.SetArgs(append([]string{cobra.ShellCompRequestCmd}, c.line...))
		if err := root.Execute(); err != nil || out.String() != c.want {
			t.Errorf("%q: %v, %q, want %q", c.line, err, out.String(), c.want)
		}
	}
}
