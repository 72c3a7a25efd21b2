package cluster_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// TestRequests is what each method asks of the API server, and that its answer
// is understood.
func TestRequests(t *testing.T) {
	const secret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ca","namespace":"ns"}}`
	var got, answer string
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.String()
		if r.Method == http.MethodPatch {
			got += " " + r.Header.Get("Content-Type") + " " + string(body)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	c, err := cluster.New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ca"}}
	seconds := int64(7)
	only := metav1.ListOptions{FieldSelector: "metadata.name=ca", TimeoutSeconds: &seconds}
	for _, test := range []struct {
		name, answer, want string
		do                 func(context.Context) (string, error)
	}{
		{"get", secret, "GET /api/v1/namespaces/ns/secrets/ca", func(ctx context.Context) (string, error) {
			o, err := c.Secrets("ns").Get(ctx, "ca", metav1.GetOptions{})
			return o.Name, err
		}},
		{
			"list", `{"apiVersion":"v1","kind":"SecretList","items":[` + secret + `]}`,
			"GET /api/v1/namespaces/ns/secrets?fieldSelector=metadata.name%3Dca&timeout=7s&timeoutSeconds=7",
			func(ctx context.Context) (string, error) {
				list, err := c.Secrets("ns").List(ctx, only)
				return list.Items[0].Name, err
			},
		},
		{
			"watch", `{"type":"ADDED","object":` + secret + `}`,
			"GET /api/v1/namespaces/ns/secrets?fieldSelector=metadata.name%3Dca&timeout=7s&timeoutSeconds=7&watch=true",
			func(ctx context.Context) (string, error) {
				w, err := c.Secrets("ns").Watch(ctx, only)
				if err != nil {
					return "", err
				}
				defer w.Stop()
				return (<-w.ResultChan()).Object.(*corev1.Secret).Name, nil
			},
		},
		{"create", secret, "POST /api/v1/namespaces/ns/secrets", func(ctx context.Context) (string, error) {
			o, err := c.Secrets("ns").Create(ctx, object, metav1.CreateOptions{})
			return o.Name, err
		}},
		{"update", secret, "PUT /api/v1/namespaces/ns/secrets/ca", func(ctx context.Context) (string, error) {
			o, err := c.Secrets("ns").Update(ctx, object, metav1.UpdateOptions{})
			return o.Name, err
		}},
		{
			"patch", `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"MutatingWebhookConfiguration","metadata":{"name":"ca"}}`,
			"PATCH /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/ca application/json-patch+json []",
			func(ctx context.Context) (string, error) {
				o, err := c.WebhookConfigurations().Patch(ctx, "ca", types.JSONPatchType, []byte(`[]`), metav1.PatchOptions{})
				return o.Name, err
			},
		},
		{"groups", `{"apiVersion":"v1","kind":"APIGroupList","groups":[{"name":"ca"}]}`, "GET /apis", func(ctx context.Context) (string, error) {
			groups, err := c.Groups(ctx)
			return strings.Join(groups, " "), err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer = test.answer
			name, err := test.do(t.Context())
			if err != nil || name != "ca" {
				t.Errorf("the answer was read as %q, %v", name, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}

	status, answer = http.StatusNotFound, `{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"NotFound","message":"no such Secret","code":404}`
	if _, err := c.Secrets("ns").Get(t.Context(), "ca", metav1.GetOptions{}); !apierrors.IsNotFound(err) || err.Error() != "no such Secret" {
		t.Errorf("an object that is not there: %v", err)
	}
}

func TestAnnouncer(t *testing.T) {
	clients := fake.NewClientset()
	refuse := false
	clients.PrependReactor("create", "events", func(clienttesting.Action) (bool, runtime.Object, error) {
		return refuse, nil, errors.New("refused")
	})
	failed := make(chan string, 100)
	a := cluster.NewAnnouncer(clustertest.Of(clients), "outrigger.io/test", "me", func(reason string, err error) {
		failed <- reason + ": " + err.Error()
	})
	go a.Run(t.Context())
	about := corev1.ObjectReference{APIVersion: "v1", Kind: "Secret", Namespace: "ns", Name: "ca"}
	// Cut within the limit, and not within a character.
	a.Announce(cluster.Event{About: about, Warning: true, Action: "Repair", Reason: "Broken", Note: strings.Repeat("ä", 600)})
	var notes []string
	for len(notes) == 0 {
		list, err := clients.EventsV1().Events("ns").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Items {
			notes = append(notes, strings.Join([]string{e.Type, e.Action, e.Reason, e.ReportingInstance, e.Regarding.Name, e.Note}, " "))
		}
	}
	if diff := cmp.Diff([]string{"Warning Repair Broken me ca " + strings.Repeat("ä", 510) + "…"}, notes); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	// A fault that comes again and again is told of so often and no more.
	refuse = true
	for range 60 {
		a.Announce(cluster.Event{About: about, Reason: "Again"})
	}
	if got := <-failed; got != "Again: refused" {
		t.Errorf("told of %q", got)
	}
	sent := 0
	for _, action := range clients.Actions() {
		if action.GetVerb() == "create" {
			sent++
		}
	}
	if sent > 30 {
		t.Errorf("%d of 61 events were sent at once", sent)
	}
}
