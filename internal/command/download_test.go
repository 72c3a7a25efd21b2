package command

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const podManifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: app}]}\n"

// A server answers for a while, or for ever, or with something else.
func answering(t *testing.T) *httptest.Server {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pod.yaml":
			fmt.Fprint(w, podManifest)
		case "/elsewhere":
			http.Redirect(w, r, "/pod.yaml", http.StatusFound)
		case "/endless":
			for r.Context().Err() == nil {
				_, _ = w.Write(bytes.Repeat([]byte("# more\n"), 1000))
			}
		case "/silent":
			<-gone
		case "/breaks-off":
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, podManifest)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(gone) })
	return server
}

func TestDownload(t *testing.T) {
	server := answering(t)
	refusing := httptest.NewServer(http.NotFoundHandler())
	refusing.Close()
	withSecrets := strings.Replace(server.URL, "http://", "http://user:hunter2@", 1)
	d := download{client: &http.Client{Timeout: 500 * time.Millisecond}, limit: 1 << 20}
	for url, want := range map[string]string{
		server.URL + "/pod.yaml":                  "",
		server.URL + "/elsewhere":                 "",
		withSecrets + "/absent?token=hunter2":     server.URL + "/absent: the server answers 404 Not Found",
		server.URL + "/endless":                   "/endless: it is larger than 1 MiB",
		server.URL + "/silent":                    "/silent: context deadline exceeded",
		server.URL + "/breaks-off":                "/breaks-off: unexpected EOF",
		refusing.URL + "/pod.yaml?token=hunter2":  "connection refused",
		"http://host:port/pod.yaml?token=hunter2": "URL: it is not a URL",
	} {
		text, err := d.fetch(url)
		switch {
		case want == "" && (err != nil || string(text) != podManifest):
			t.Errorf("%s: %v, %q", url, err, text)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || text != nil):
			t.Errorf("%s: %v, want %s", url, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("a secret is in the error %v", err)
		}
	}
}

// The commands read a URL like a file.
func TestInjectOfURL(t *testing.T) {
	server := answering(t)
	run := func(args ...string) (stdout, stderr string, err error) {
		var out, log bytes.Buffer
		root := newRootCommand()
		root.SetOut(&out)
		root.SetErr(&log)
		root.SetArgs(args)
		err = root.Execute()
		return out.String(), log.String(), err
	}
	out, log, err := run("inject", "-f", server.URL+"/pod.yaml")
	if err != nil || !strings.Contains(out, "name: istio-proxy") || !strings.Contains(log, "1 injected") {
		t.Errorf("%v: %s%s", err, out, log)
	}
	out, _, err = run("inject", "--diff", "-f", server.URL+"/pod.yaml")
	if err != nil || !strings.HasPrefix(out, "--- "+server.URL+"/pod.yaml") {
		t.Errorf("%v: %s", err, out)
	}
	if out, _, err = run("inject", "-f", server.URL+"/pod.yaml", "-f", server.URL+"/absent"); err == nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
}
