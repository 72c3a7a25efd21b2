package workbench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/deploy/profiles"
)

// newTest makes a workbench with the default profile.
func newTest(t testing.TB, o Options) http.Handler {
	t.Helper()
	o.Configuration = profile(t, profiles.Default)
	o.Settings = Settings{As: AsCommand, NativeSidecars: true}
	handler, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func profile(t testing.TB, name string) Configuration {
	t.Helper()
	sources, err := profiles.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return NewConfiguration("profile "+name, sources)
}

// post calls the API.
func post(t testing.TB, handler http.Handler, path string, body any) *httptest.ResponseRecorder {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080"+path, bytes.NewReader(text))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// answered is post for an answer that is to come.
func answered[T any](t testing.TB, handler http.Handler, path string, body any) T {
	t.Helper()
	w := post(t, handler, path, body)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	var answer T
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func get(handler http.Handler, url string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
	return w
}

func TestHostHeader(t *testing.T) {
	handler := newTest(t, Options{Host: "devbox"})
	for host, known := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "LOCALHOST": true, "[::1]:8080": true, "10.0.0.7:80": true, "devbox:8080": true,
		"example.com": false, "example.com:8080": false, "localhost.example.com": false, "127.0.0.1.example.com": false, "": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/start", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if got := w.Code == http.StatusOK; got != known {
			t.Errorf("Host %q: %d", host, w.Code)
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	handler := newTest(t, Options{})
	for header, value := range map[string]string{"Origin": "https://example.com", "Sec-Fetch-Site": "cross-site"} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/api/inject", strings.NewReader("{}"))
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d, want 403", header, value, w.Code)
		}
	}
}

var ofPage = regexp.MustCompile(`(?:src|href)="([^"]+)"`)

func TestPage(t *testing.T) {
	handler := newTest(t, Options{})
	index := get(handler, "http://127.0.0.1/")
	policy := index.Header().Get("Content-Security-Policy")
	nonce := regexp.MustCompile(`'nonce-([A-Z0-9]+)'`).FindStringSubmatch(policy)
	switch {
	case nonce == nil || !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; "):
		t.Errorf("policy %q", policy)
	case !strings.Contains(index.Body.String(), `content="`+nonce[1]+`"`):
		t.Error("the page does not have the policy's nonce")
	case get(handler, "http://127.0.0.1/").Header().Get("Content-Security-Policy") == policy:
		t.Error("two loads have the same nonce")
	}
	for _, m := range ofPage.FindAllStringSubmatch(index.Body.String(), -1) {
		if w := get(handler, "http://127.0.0.1/"+m[1]); w.Code != http.StatusOK {
			t.Errorf("%s: %d", m[1], w.Code)
		}
	}
	for path, code := range map[string]int{
		"licences.txt": http.StatusOK, "index.html": http.StatusMovedPermanently,
		"nosuch": http.StatusNotFound, "../server.go": http.StatusNotFound, "api/inject": http.StatusNotFound,
	} {
		w := get(handler, "http://127.0.0.1/"+path)
		if w.Code != code && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d, want %d", path, w.Code, code)
		}
		if code == http.StatusOK && w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
}

func TestStart(t *testing.T) {
	handler := newTest(t, Options{Version: "v1"})
	var start Start
	if err := json.Unmarshal(get(handler, "http://127.0.0.1/api/start").Body.Bytes(), &start); err != nil {
		t.Fatal(err)
	}
	if len(start.Samples) < 5 || start.Manifest != start.Samples[0] || start.Version != "v1" {
		t.Errorf("start: %d samples, manifest %q, version %q", len(start.Samples), start.Manifest.Name, start.Version)
	}
	if len(start.Profiles) != len(profiles.Names()) || start.Profiles[0] != start.Configuration {
		t.Errorf("profiles: %d, the first is %q, the configuration %q", len(start.Profiles), start.Profiles[0].Name, start.Configuration.Name)
	}
}

func TestBadRequests(t *testing.T) {
	handler := newTest(t, Options{})
	for name, test := range map[string]struct{ path, body, want string }{
		"no JSON":         {"/api/inject", "{", "unexpected EOF"},
		"unknown field":   {"/api/inject", `{"file": "/etc/passwd"}`, `unknown field "file"`},
		"as what":         {"/api/inject", `{"settings": {"as": "istiod"}}`, `as: "istiod" is neither command nor webhook`},
		"platform":        {"/api/compare", `{"settings": {"as": "command", "platform": "vms"}}`, `platform: "vms"`},
		"name of a test":  {"/api/test", `{"name": "../x", "settings": {"as": "command"}}`, `name of the test "../x"`},
		"no name at all":  {"/api/test", `{"settings": {"as": "command"}}`, `name of the test ""`},
		"more than there": {"/api/inject", `{"manifest": "` + strings.Repeat("x", maxRequest) + `"}`, "too large"},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1"+test.path, strings.NewReader(test.body))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		text, _ := io.ReadAll(w.Body)
		if w.Code != http.StatusBadRequest || !strings.Contains(strings.ReplaceAll(string(text), `\"`, `"`), test.want) {
			t.Errorf("%s: %d %s, want 400 and %s", name, w.Code, text, test.want)
		}
	}
}

func TestOpenedConfiguration(t *testing.T) {
	configMap := func(name, key, value string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  " + key + ": " + value + "\n"
	}
	all := []string{PaneConfig, PaneValues, PaneMesh}
	canary := configMap("istio-sidecar-injector-canary", "config", "'templates: {}'") + "---\n" + configMap("istio-canary", "mesh", "'trustDomain: a'")
	handler := newTest(t, Options{})
	for name, test := range map[string]struct {
		text, revision string
		want           Opened
		failure        string
	}{
		"ConfigMaps":           {text: canary, want: Opened{Configuration{Name: "it", Config: "templates: {}", Mesh: "trustDomain: a", Revision: "canary"}, all}},
		"of another revision":  {text: canary, revision: "stable", failure: "revision canary"},
		"the text of a key":    {text: "policy: enabled\n", want: Opened{Configuration{Name: "it", Config: "policy: enabled\n"}, []string{PaneConfig}}},
		"text that is no YAML": {text: "policy: [\n", want: Opened{Configuration{Name: "it", Config: "policy: [\n"}, []string{PaneConfig}}},
		"another ConfigMap":    {text: configMap("other", "a", "b"), failure: `it: no ConfigMap in it has the key`},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(t, handler, "/api/configuration", OpenRequest{"it", test.text, test.revision})
			if test.failure != "" {
				if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), test.failure) {
					t.Errorf("%d %s, want 422 and %s", w.Code, w.Body, test.failure)
				}
				return
			}
			var got Opened
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
