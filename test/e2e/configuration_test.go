package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestConfigurationIsEditedAndBrokenUnderLoad shows that an edit of the ConfigMap
// reaches the next pods, that a broken one does not, whoever looks is told, and
// that no pod is refused all the while.
func TestConfigurationIsEditedAndBrokenUnderLoad(t *testing.T) {
	o := newInstallation(t, installation.Options{Replicas: 2, Flags: []string{"--shutdown-delay=2s"}})
	namespace := newNamespace(t, "configuration", map[string]string{"istio-injection": "enabled"})
	s := newStream(t, namespace, 50*time.Millisecond)
	s.awaitCreated(t, 10)

	before := theProxy(t, admitted(t, namespace, appPod())).Image
	const tag, edited = "1.30.3", "9.9.9"
	if !strings.HasSuffix(before, ":"+tag) {
		t.Fatalf("the image of the profile is %s, this test wants the tag %s", before, tag)
	}
	editInjectorConfigMap(t, o, func(data map[string]string) {
		data["values"] = strings.Replace(data["values"], "tag: "+tag, "tag: "+edited, 1)
	})
	want := strings.TrimSuffix(before, tag) + edited
	eventually(t, "pods get the edited image", func(context.Context) (bool, error) {
		return theProxy(t, admitted(t, namespace, appPod())).Image == want, nil
	})
	awaitConfigValid(t, o, 1)

	var good string
	editInjectorConfigMap(t, o, func(data map[string]string) {
		good = data["config"]
		data["config"] = "policy: enabled\ntemplates:\n  sidecar: |\n    {{ if .Spec.NodeName }} is never closed\n"
	})
	awaitConfigValid(t, o, 0)
	for _, replica := range o.Replicas {
		text, err := replica.Get(t.Context(), "/readyz?verbose")
		if err != nil {
			t.Errorf("a replica with a good configuration in force is not ready: %v", err)
		}
		if !strings.Contains(text, "the newest is invalid") {
			t.Errorf("/readyz?verbose says\n%s\nwant it to tell of the invalid configuration", text)
		}
	}
	awaitConfigMapEvent(t, o, "ConfigurationInvalid", "unexpected EOF")
	s.awaitCreated(t, 20)
	if got := theProxy(t, admitted(t, namespace, appPod())).Image; got != want {
		t.Errorf("under the broken configuration the image is %s, want that of the last good one, %s", got, want)
	}

	// A replica that starts now has no good configuration to fall back on, and
	// gets no pods until there is one.
	newcomer := o.Replicas[0]
	if err := newcomer.Stop(); err != nil {
		t.Fatal(err)
	}
	started := make(chan error, 1)
	go func() { started <- newcomer.Start(t.Context()) }()
	eventually(t, "the new replica says why it is not ready", func(ctx context.Context) (bool, error) {
		text, err := newcomer.Get(ctx, "/readyz?verbose")
		return err != nil && strings.Contains(text, "configuration failed") && strings.Contains(text, "unexpected EOF"), nil
	})
	s.awaitCreated(t, 20)

	editInjectorConfigMap(t, o, func(data map[string]string) { data["config"] = good })
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	awaitConfigValid(t, o, 1)
	awaitConfigMapEvent(t, o, "ConfigurationInForce", "in force")
	s.awaitCreated(t, 10)

	counts := s.stop()
	if counts.Bare > 0 {
		t.Errorf("%d pods were created without a proxy, want none", counts.Bare)
	}
	t.Logf("%d pods created", counts.Created)
	if counts.Refused > 0 {
		t.Errorf("%d pods were refused, the last one so: %v", counts.Refused, counts.LastRefusal)
	}
}

// editInjectorConfigMap changes the ConfigMap with the templates and values.
func editInjectorConfigMap(t *testing.T, o *installation.Installation, edit func(data map[string]string)) {
	t.Helper()
	maps := shared.Client.CoreV1().ConfigMaps(installation.Namespace)
	object, err := maps.Get(t.Context(), o.InjectorConfigMap(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	edit(object.Data)
	if _, err := maps.Update(t.Context(), object, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// awaitConfigValid waits until every replica's metric says so.
func awaitConfigValid(t *testing.T, o *installation.Installation, want float64) {
	t.Helper()
	eventually(t, "the metric sidecar_injection_config_valid changes", func(ctx context.Context) (bool, error) {
		for _, replica := range o.Replicas {
			got, err := replica.Metric(ctx, "sidecar_injection_config_valid", nil)
			if err != nil || got != want {
				return false, err
			}
		}
		return true, nil
	})
}

// awaitConfigMapEvent waits for an event that `kubectl describe configmap` shows.
func awaitConfigMapEvent(t *testing.T, o *installation.Installation, reason, says string) {
	t.Helper()
	var seen []corev1.Event
	eventually(t, "the ConfigMap has an event "+reason+" that says "+says, func(ctx context.Context) (bool, error) {
		events, err := shared.Client.CoreV1().Events(installation.Namespace).List(ctx, metav1.ListOptions{
			FieldSelector: "involvedObject.kind=ConfigMap,involvedObject.name=" + o.InjectorConfigMap(),
		})
		if err != nil {
			return false, err
		}
		seen = events.Items
		for _, event := range seen {
			if event.Reason == reason && strings.Contains(event.Message, says) {
				return true, nil
			}
		}
		return false, nil
	})
}
