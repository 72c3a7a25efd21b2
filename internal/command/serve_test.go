package command

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/deploy/profiles"
)

// TestServeStandalone starts the server as a person would on a laptop and has it
// review a pod.
func TestServeStandalone(t *testing.T) {
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	address := freeAddress(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	root := newRootCommand()
	var log bytes.Buffer
	root.SetErr(&log)
	// The configuration is read as by all commands.
	configuration := filepath.Join(dir, "mesh.yaml")
	maps, err := profiles.Manifest(profiles.Default, "mesh", "canary")
	if err == nil {
		err = os.WriteFile(configuration, maps, 0o600)
	}
	namespaces := filepath.Join(dir, "namespaces.yaml")
	shop := "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {openshift.io/sa.scc.uid-range: 1000700000/10000}}\n"
	if err := errors.Join(err, os.WriteFile(namespaces, []byte(shop), 0o600)); err != nil {
		t.Fatal(err)
	}
	root.SetArgs([]string{
		"serve", "--standalone", "--inject-config-file", configuration, "--platform", "openshift", "--namespace-file", namespaces,
		"--ca-out", ca, "--bind-address", address, "--metrics-bind-address", "",
	})
	go func() { ended <- root.ExecuteContext(ctx) }()

	client := trusting(t, ca, ended)
	url := "https://" + address
	for {
		response, err := client.Get(url + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		select {
		case err := <-ended:
			t.Fatalf("the server ended: %v\n%s", err, log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	review := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1","kind":{"version":"v1","kind":"Pod"},` +
		`"resource":{"version":"v1","resource":"pods"},"operation":"CREATE","namespace":"shop","object":{"metadata":{"name":"web"},"spec":{"containers":[{"name":"web"}]}}}}`
	response, err := client.Post(url+"/inject", "application/json", strings.NewReader(review))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	var reviewed struct {
		Response struct {
			UID   string
			Patch []byte
		}
	}
	if err := errors.Join(err, json.Unmarshal(answer, &reviewed)); err != nil || reviewed.Response.UID != "u1" {
		t.Errorf("%v: %s", err, answer)
	}
	// The revision is that of the ConfigMaps, and the user the last one of the
	// namespace's range.
	for _, want := range []string{`\"revision\":\"canary\"`, `"runAsUser":1000709999`} {
		if patch := string(reviewed.Response.Patch); !strings.Contains(patch, want) {
			t.Errorf("%s is not in the patch: %s", want, patch)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if want := `"msg":"listening","webhook":"` + address + `"`; !strings.Contains(log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, log.String())
	}
}

// TestServeStopsAtOnceWhenToldTwice has a server wait for calls to go elsewhere, and
// sends the second signal.
func TestServeStopsAtOnceWhenToldTwice(t *testing.T) {
	c := exec.Command("outrigger", "serve", "--standalone", "--shutdown-delay=1h", "--bind-address=127.0.0.1:0", "--metrics-bind-address=127.0.0.1:0")
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	lines := bufio.NewScanner(log)
	await := func(what string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"msg":"`+what) {
				return
			}
		}
		t.Fatalf("the log has no line %q", what)
	}
	for _, what := range []string{"listening", "stopping"} {
		await(what)
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	for lines.Scan() { // Wait wants the pipe read
	}
	if err := c.Wait(); err == nil || c.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want the second signal to have ended it", err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// trusting is a client that trusts the CA in a file, which comes while the server
// starts, unless that ends.
func trusting(t *testing.T, file string, ended <-chan error) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for !roots.AppendCertsFromPEM(readOrNothing(file)) {
		select {
		case err := <-ended:
			t.Fatalf("the server ended without a CA in %s: %v", file, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

func readOrNothing(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return text
}

func TestServeRefusesFlagsThatContradict(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "")
	for _, c := range []struct {
		flags, want string
	}{
		{"--standalone --namespace x", "--namespace cannot be used with --standalone"},
		{"--standalone --cert-mode files", "--cert-mode cannot be used with --standalone"},
		{"--standalone --profile nope", `profile "nope" is unknown; there are istio, istio-1.0`},
		{"--standalone --profile istio --inject-config-file f", "--profile and --inject-config-file are mutually exclusive"},
		{"--standalone --values-file f", "--values-file needs --inject-config-file"},
		{"--standalone --tls-cert-file f", "certificates from files need both --tls-cert-file and --tls-key-file"},
		{"--standalone --native-sidecars maybe", `--native-sidecars "maybe": want true, false or auto`},
		{"--standalone --platform mars", `--platform "mars": the only value is openshift`},
		{"--standalone --namespace-file f", "--namespace-file requires --platform openshift"},
		{"--standalone --platform openshift --namespace-file nowhere.yaml", "open nowhere.yaml: no such file"},
		{"--platform openshift --namespace-file f", "--namespace-file requires --standalone"},
		{"--standalone --client-ca-file nowhere", "reading --client-ca-file: open nowhere"},
		{"--standalone --client-ca-file serve_test.go", "--client-ca-file serve_test.go: no certificate in it"},
		{"--standalone --log-format xml", `--log-format "xml": want json or text`},
		{"--standalone --log-level loud", "--log-level"},
		{"", "the namespace is unknown: set --namespace or $POD_NAMESPACE"},
		{"--namespace x --kubeconfig nowhere", "reaching the cluster: stat nowhere"},
	} {
		root := newRootCommand()
		root.SetErr(io.Discard)
		root.SetArgs(append([]string{"serve"}, strings.Fields(c.flags)...))
		if err := root.Execute(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("serve %s: %v, want %s", c.flags, err, c.want)
		}
	}
}
