package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// right is a verb on the objects of a kind, on one of them where it has a name.
type right struct{ verb, group, resource, namespace, name string }

func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.group != "" {
		text += "." + r.group
	}
	if r.name != "" {
		text += "/" + r.name
	}
	if r.namespace != "" {
		text += " in " + r.namespace
	}
	return text
}

// unusedRights are granted and need not be used here, each with the reason that it
// is granted all the same.
var unusedRights = map[string]string{
	"list mutatingwebhookconfigurations.admissionregistration.k8s.io/outrigger": listed,
	"list nodes": listed,
	"list customresourcedefinitions.apiextensions.k8s.io/proxyconfigs.networking.istio.io": listed,
	"list proxyconfigs.networking.istio.io":                                                listed,
	"list namespaces":                                                                      listed,
	"list configmaps/istio-sidecar-injector in istio-system":                               listed,
	"list configmaps/istio in istio-system":                                                listed,
	"list secrets/outrigger-ca in outrigger-system":                                        listed,
	"patch events.events.k8s.io in istio-system":                                           "of a configuration that goes wrong again in the same way",
	"get namespaces": "of a pod that comes before the watch has told of its new namespace",
}

const listed = "API servers that do not stream a list to who watches, as 1.30 does not, are asked to list"

// TestRights has the chart's pods, with every option that a right depends on, do all
// they ever do with no more than the rights that the chart gives them: nothing is
// forbidden to them, and there is no right that they do not use.
func TestRights(t *testing.T) {
	const mesh = "istio-system"
	runPods(t)
	ensureNamespace(t, mesh)
	defineProxyConfigs(t)
	configuration, err := profiles.Manifest(profiles.Default, mesh, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := shared.Apply(t.Context(), string(configuration), "--server-side"); err != nil {
		t.Fatal(err)
	}
	newRelease(t, 4, "outrigger", "--set="+strings.Join([]string{
		"configuration.source=mesh", "platform=openshift", "shutdownDelaySeconds=1",
		// Lives so short that the authority is rotated.
		"certSelf.caLifetime=20s", "certSelf.leafLifetime=8s", "certSelf.caPropagation=2s", "extraArgs={--clock-skew=2s}",
	}, ","))
	namespace := newNamespace(t, "rights", map[string]string{"istio-injection": "enabled"})
	theProxy(t, admitted(t, namespace, appPod()))

	// An old node, a namespace's ids and a broken configuration are seen, and the
	// last is told of.
	addNode(t, cluster.Node{Name: "rights-node", KubeletVersion: "v1.27.0"})
	kubectl(t, "", "annotate", "namespace", namespace, "openshift.io/sa.scc.uid-range=1000620000/10000", "openshift.io/sa.scc.supplemental-groups=1000620000/10000")
	eventually(t, "the proxy is among the containers and has a user of the namespace's", func(context.Context) (bool, error) {
		pod := admitted(t, namespace, appPod())
		containers, _ := proxies(pod)
		settings := theProxy(t, pod).SecurityContext
		return containers == 1 && settings != nil && settings.RunAsUser != nil && *settings.RunAsUser > 1000620000, nil
	})
	kubectl(t, mesh, "patch", "configmap", "istio-sidecar-injector", `--patch={"data": {"config": "{{"}}`)

	granted := rightsGranted(t)
	for excepted := range unusedRights {
		if !slices.ContainsFunc(granted, func(r right) bool { return r.String() == excepted }) {
			t.Errorf("%q is not granted, and needs no excuse", excepted)
		}
	}
	var unused []right
	var forbidden map[right]bool
	err = wait.PollUntilContextTimeout(t.Context(), time.Second, limit/2, true, func(context.Context) (bool, error) {
		var used map[right]bool
		used, forbidden = rightsUsed(t)
		unused = slices.DeleteFunc(slices.Clone(granted), func(r right) bool { return used[r] || unusedRights[r.String()] != "" })
		return len(unused) == 0, nil
	})
	if err != nil {
		t.Errorf("rights that are granted and never used: %v", unused)
	}
	for r := range forbidden {
		t.Errorf("it was forbidden to %v", r)
	}
}

// rightsGranted are all that the ServiceAccount of the chart has by a role.
func rightsGranted(t *testing.T) []right {
	t.Helper()
	rbac := shared.Client.RbacV1()
	everywhere, err := rbac.ClusterRoles().List(t.Context(), metav1.ListOptions{LabelSelector: ofOutrigger})
	if err != nil {
		t.Fatal(err)
	}
	roles, err := rbac.Roles("").List(t.Context(), metav1.ListOptions{LabelSelector: ofOutrigger})
	if err != nil {
		t.Fatal(err)
	}
	var granted []right
	grant := func(namespace string, rules []rbacv1.PolicyRule) {
		for _, rule := range rules {
			for _, verb := range rule.Verbs {
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						for _, name := range orNone(rule.ResourceNames) {
							granted = append(granted, right{verb, group, resource, namespace, name})
						}
					}
				}
			}
		}
	}
	for _, role := range everywhere.Items {
		grant("", role.Rules)
	}
	for _, role := range roles.Items {
		grant(role.Namespace, role.Rules)
	}
	if len(granted) == 0 {
		t.Fatal("the chart grants nothing")
	}
	return granted
}

func orNone(names []string) []string {
	if len(names) == 0 {
		return []string{""}
	}
	return names
}

// auditEvent is what is looked at of an event of the audit log.
type auditEvent struct {
	Verb      string
	User      struct{ UID string }
	ObjectRef *struct{ APIGroup, Resource, Namespace, Name string }
	// Annotations tell the decision about the request, among others.
	Annotations map[string]string
}

// rightsUsed reads the audit log for what the ServiceAccount has done, and for what
// was forbidden to it.
func rightsUsed(t *testing.T) (used, forbidden map[right]bool) {
	t.Helper()
	account, err := shared.Client.CoreV1().ServiceAccounts(installation.Namespace).Get(t.Context(), "outrigger", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(shared.AuditLog())
	if err != nil {
		t.Fatal(err)
	}
	used, forbidden = map[right]bool{}, map[right]bool{}
	for line := range bytes.Lines(log) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		var event auditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%s: %v", shared.AuditLog(), err)
		}
		about := event.ObjectRef
		if event.User.UID != string(account.UID) || about == nil {
			continue
		}
		r := right{event.Verb, about.APIGroup, about.Resource, about.Namespace, about.Name}
		if about.Resource == "namespaces" {
			r.namespace = "" // which the API server has it be in
		}
		if event.Annotations["authorization.k8s.io/decision"] == "forbid" {
			forbidden[r] = true
			continue
		}
		used[r] = true
		// A right on the objects of a kind is one on each, and a name to create
		// is no part of the right.
		r.name = ""
		used[r] = true
	}
	return used, forbidden
}
