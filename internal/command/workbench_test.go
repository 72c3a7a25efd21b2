package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/workbench"
)

// startWorkbench runs the command until the test ends.
func startWorkbench(t *testing.T, stdin string, arguments ...string) (address string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	c := newRootCommand()
	c.SetArgs(append([]string{"workbench", "--no-open"}, arguments...))
	c.SetIn(strings.NewReader(stdin))
	c.SetOut(out)
	ended := make(chan error, 1)
	go func() {
		err := c.ExecuteContext(ctx)
		ended <- err
		_ = out.CloseWithError(io.EOF)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the command ended with %v", err)
		}
	})
	line := make([]byte, 100)
	n, err := in.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line[:n]))
}

func TestWorkbenchBeginsWithWhatTheFlagsSay(t *testing.T) {
	dir := t.TempDir()
	configMaps := filepath.Join(dir, "mesh.yaml")
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio-sidecar-injector-canary}\ndata:\n  config: |\n    policy: enabled\n    templates: {sidecar: \"\"}\n  values: |\n    a: b\n"
	if err := os.WriteFile(configMaps, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	address := startWorkbench(t, "kind: Pod\n", "-f", "-", "--inject-config-file", configMaps, "-n", "shop", "--revision", "canary", "--native-sidecars=false", "--platform", "openshift")
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Errorf("it listens on %s", address)
	}
	response, err := http.Get(address + "api/start")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var start workbench.Start
	if err := json.NewDecoder(response.Body).Decode(&start); err != nil {
		t.Fatal(err)
	}
	if start.Manifest != (workbench.Sample{Name: "stdin", Text: "kind: Pod\n"}) {
		t.Errorf("manifest %+v", start.Manifest)
	}
	if c := start.Configuration; c.Values != "a: b\n" || !strings.Contains(c.Config, "templates") || c.Mesh != "" {
		t.Errorf("configuration %+v", c)
	}
	if s := start.Settings; s.Namespace != "shop" || s.Revision != "canary" || s.NativeSidecars || s.Platform != "openshift" {
		t.Errorf("settings %+v", s)
	}
}

// TestSavedTestsHold: what the workbench saves is a case that `outrigger test` takes.
func TestSavedTestsHold(t *testing.T) {
	dir := t.TempDir()
	address := startWorkbench(t, "", "--tests", dir)
	manifests, err := os.ReadFile("../../testdata/bookinfo/bookinfo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := workbench.Configuration{Config: "policy: enabled\ntemplates:\n  sidecar: |\n    metadata: {labels: {a: \"{{ .Values.a }}\"}}\n", Values: "a: b\n"}
	for name, request := range map[string]workbench.InjectRequest{
		"own-configuration": {Manifest: string(manifests), Configuration: own, Settings: workbench.Settings{As: workbench.AsCommand, Namespace: "shop"}},
		"by-the-webhook":    {Manifest: string(manifests), Configuration: own, Settings: workbench.Settings{As: workbench.AsWebhook, NativeSidecars: true}},
		"error":             {Manifest: "apiVersion: v1\nkind: Pod\n", Configuration: own, Settings: workbench.Settings{As: workbench.AsCommand, NativeSidecars: true}},
		"broken-template":   {Manifest: string(manifests), Configuration: workbench.Configuration{Config: "policy: enabled\ntemplates: {sidecar: \"{{ nosuch }}\"}\n"}, Settings: workbench.Settings{As: workbench.AsCommand}},
		"openshift": {Manifest: string(manifests), Configuration: own, Settings: workbench.Settings{
			As: workbench.AsCommand, Platform: "openshift", NamespaceAnnotations: map[string]string{"openshift.io/sa.scc.uid-range": "1000650000/10000"},
		}},
	} {
		body, err := json.Marshal(workbench.TestRequest{InjectRequest: request, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.Post(address+"api/test", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", name, response.Status, text)
		}
	}
	var out strings.Builder
	if err := (&testCommand{}).run(dir, &out, io.Discard); err != nil {
		t.Errorf("outrigger test: %v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "5 passed") {
		t.Errorf("outrigger test says %s", out.String())
	}
}
