package chart_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/chart"
)

var update = flag.Bool("update", false, "write what is made of the chart anew")

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	if *update {
		if err := chart.Generate(); err != nil {
			t.Fatal(err)
		}
	}
	files, err := chart.Generated()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what the chart makes of it; go -C test/chart run ./cmd/generate writes it anew (-want +got):\n%s", name, diff)
		}
	}
}

// TestObjects has every object decode strictly, and looks at what holds for all
// of them.
func TestObjects(t *testing.T) {
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		if rendered.Notes == "" {
			t.Error("no notes")
		}
		if len(rendered.Hooks) > 0 {
			t.Errorf("there are hooks, which not everybody who renders the chart takes for hooks: %v", rendered.Hooks)
		}
		revision, _ := r.Values["revision"].(string)
		suffix := ""
		if revision != "" && revision != "default" {
			suffix = "-" + revision
		}
		all := objects(t, rendered.Manifests)
		seen := map[string]bool{}
		for _, o := range all {
			id := fmt.Sprintf("%s %s/%s", o.GetObjectKind().GroupVersionKind().GroupKind(), o.GetNamespace(), o.GetName())
			if seen[id] {
				t.Errorf("%s is there twice", id)
			}
			seen[id] = true
			if !strings.HasPrefix(o.GetName(), "outrigger") || !strings.Contains(o.GetName(), suffix) {
				t.Errorf("%s does not carry revision %q in its name", id, revision)
			}
			if got, want := o.GetLabels()["outrigger.io/revision"], or(revision, "default"); got != want {
				t.Errorf("%s is labelled with revision %q, want %q", id, got, want)
			}
		}
	})
}

// TestSelectors has everything that selects the pods select them, and none of
// another revision's.
func TestSelectors(t *testing.T) {
	eachServer(t, func(t *testing.T, _ chart.Release, rendered *chart.Rendered) {
		all := objects(t, rendered.Manifests)
		deployment := the[*appsv1.Deployment](t, all)
		pods := labels.Set(deployment.Spec.Template.Labels)
		selects := func(what string, s *metav1.LabelSelector) {
			t.Helper()
			selector, err := metav1.LabelSelectorAsSelector(s)
			if err != nil {
				t.Fatal(err)
			}
			if !selector.Matches(pods) {
				t.Errorf("%s selects %s, which the pods are not: %v", what, selector, pods)
			}
			if !strings.Contains(selector.String(), "outrigger.io/revision=") {
				t.Errorf("%s selects pods of other revisions: %s", what, selector)
			}
		}
		selects("the Deployment", deployment.Spec.Selector)
		selects("the Service", &metav1.LabelSelector{MatchLabels: the[*corev1.Service](t, all).Spec.Selector})
		for _, budget := range of[*policyv1.PodDisruptionBudget](all) {
			selects("the budget", budget.Spec.Selector)
		}
		for _, c := range deployment.Spec.Template.Spec.TopologySpreadConstraints {
			selects("a spread", c.LabelSelector)
		}
		for _, monitor := range of[*monitoringv1.ServiceMonitor](all) {
			service := the[*corev1.Service](t, all)
			if !labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(service.Labels)) {
				t.Error("the ServiceMonitor does not select the Service")
			}
			if !slices.ContainsFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Name == monitor.Spec.Endpoints[0].Port }) {
				t.Error("the ServiceMonitor names no port of the Service")
			}
		}
	})
}

// TestPodSecurity asks the judge of Kubernetes' own restricted standard.
func TestPodSecurity(t *testing.T) {
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	eachServer(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		pod := the[*appsv1.Deployment](t, objects(t, rendered.Manifests)).Spec.Template
		if r.Values["hostNetwork"] == true {
			if !pod.Spec.HostNetwork {
				t.Error("the pods have a network of their own")
			}
			// That is forbidden, and the ports on the host with it. All else holds.
			pod.Spec.HostNetwork = false
		}
		if result := policy.AggregateCheckResults(judge.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec)); !result.Allowed {
			t.Error(result.ForbiddenDetail())
		}
		for _, c := range pod.Spec.Containers {
			if s := c.SecurityContext; s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
				t.Errorf("container %s may write to its image", c.Name)
			}
		}
	})
}

// TestRights has every right but those to create be about objects by their
// names, where the API knows names, and every role be bound.
func TestRights(t *testing.T) {
	byName := []string{"secrets", "configmaps", "leases", "mutatingwebhookconfigurations", "customresourcedefinitions"}
	eachServer(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		all := objects(t, rendered.Manifests)
		account := the[*corev1.ServiceAccount](t, all)
		bound := map[string]bool{}
		bind := func(kind, namespace string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
			if len(subjects) != 1 || subjects[0].Name != account.Name || subjects[0].Namespace != account.Namespace {
				t.Errorf("%s %s is bound to %v", kind, ref.Name, subjects)
			}
			bound[kind+namespace+ref.Name] = true
		}
		for _, b := range of[*rbacv1.ClusterRoleBinding](all) {
			bind("ClusterRole", "", b.RoleRef, b.Subjects)
		}
		for _, b := range of[*rbacv1.RoleBinding](all) {
			bind("Role", b.Namespace, b.RoleRef, b.Subjects)
		}
		var rules []rbacv1.PolicyRule
		for _, role := range of[*rbacv1.ClusterRole](all) {
			if !bound["ClusterRole"+role.Name] {
				t.Errorf("ClusterRole %s is not bound", role.Name)
			}
			rules = append(rules, role.Rules...)
		}
		for _, role := range of[*rbacv1.Role](all) {
			if !bound["Role"+role.Namespace+role.Name] {
				t.Errorf("Role %s is not bound", role.Name)
			}
			rules = append(rules, role.Rules...)
		}
		for _, rule := range rules {
			for _, resource := range rule.Resources {
				if slices.Contains(byName, resource) && len(rule.ResourceNames) == 0 && !cmp.Equal(rule.Verbs, []string{"create"}) {
					t.Errorf("%v on every one of the %s", rule.Verbs, resource)
				}
			}
			if slices.Contains(append(append(rule.Resources, rule.Verbs...), rule.APIGroups...), "*") {
				t.Errorf("a rule has a wildcard: %v", rule)
			}
		}
		if deployment := the[*appsv1.Deployment](t, all); deployment.Spec.Template.Spec.ServiceAccountName != account.Name {
			t.Error("the pods run as another ServiceAccount")
		}
	})
}

func TestRightsFollowOptions(t *testing.T) {
	always := []string{"customresourcedefinitions", "proxyconfigs"}
	for _, test := range []struct {
		option string
		want   []string
	}{
		{"default", []string{"endpointslices", "events", "leases", "mutatingwebhookconfigurations", "nodes", "secrets"}},
		{"native sidecars", []string{"endpointslices", "events", "leases", "mutatingwebhookconfigurations", "secrets"}},
		{"a mesh's configuration", []string{"configmaps", "endpointslices", "events", "leases", "mutatingwebhookconfigurations", "nodes", "secrets"}},
		{"openshift by name", []string{"endpointslices", "events", "leases", "mutatingwebhookconfigurations", "namespaces", "nodes", "secrets"}},
		{"cert-manager", []string{"nodes"}},
		{"files", []string{"nodes"}},
		{"no more rights needed", nil},
	} {
		t.Run(test.option, func(t *testing.T) {
			rendered, err := chart.Render(chart.Options[test.option])
			if err != nil {
				t.Fatal(err)
			}
			all := objects(t, rendered.Manifests)
			var got []string
			for _, role := range of[*rbacv1.ClusterRole](all) {
				for _, rule := range role.Rules {
					got = append(got, rule.Resources...)
				}
			}
			for _, role := range of[*rbacv1.Role](all) {
				for _, rule := range role.Rules {
					got = append(got, rule.Resources...)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Sorted(slices.Values(append(test.want, always...))), slices.Compact(got)); diff != "" {
				t.Errorf("resources that there are rights on (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRevisionsShareNothing has two revisions stand side by side in one
// namespace.
func TestRevisionsShareNothing(t *testing.T) {
	everything := chart.Options["everything on"]
	stable := chart.Release{Name: "stable", Values: values{}, APIVersions: everything.APIVersions}
	for key, value := range everything.Values {
		if key != "revision" {
			stable.Values[key] = value
		}
	}
	ids := map[string]string{}
	for _, r := range []chart.Release{stable, everything} {
		rendered, err := chart.Render(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects(t, rendered.Manifests) {
			id := fmt.Sprintf("%T %s/%s", o, o.GetNamespace(), o.GetName())
			if other, ok := ids[id]; ok && other != r.Name {
				t.Errorf("%s is part of both revisions", id)
			}
			ids[id] = r.Name
		}
	}
}

// TestOwnConfigurationArrives has texts with quotes, templates and line ends
// stand in the ConfigMap as they were given.
func TestOwnConfigurationArrives(t *testing.T) {
	rendered, err := chart.Render(chart.Options["own configuration"])
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, rendered.Manifests)
	want := map[string]string{}
	for _, key := range []string{"config", "values", "mesh"} {
		want[key] = chart.OwnConfiguration[key].(string)
	}
	configMap := the[*corev1.ConfigMap](t, all)
	if diff := cmp.Diff(want, configMap.Data); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	args := the[*appsv1.Deployment](t, all).Spec.Template.Spec.Containers[0].Args
	for _, flag := range []string{"--injector-config-map=", "--mesh-config-map="} {
		if !slices.Contains(args, flag+configMap.Name) {
			t.Errorf("args lack %s%s: %q", flag, configMap.Name, args)
		}
	}
}

// TestCertificateIsForTheService has cert-manager's certificate be for the name that API
// servers call, and stand where the replicas read it.
func TestCertificateIsForTheService(t *testing.T) {
	rendered, err := chart.Render(chart.Options["cert-manager, canary"])
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, rendered.Manifests)
	hooks := the[*admissionregistrationv1.MutatingWebhookConfiguration](t, all)
	called := hooks.Webhooks[0].ClientConfig.Service
	served := certificate(t, all, hooks.Annotations["cert-manager.io/inject-ca-from"])
	if want := called.Name + "." + called.Namespace + ".svc"; !slices.Contains(served.Spec.DNSNames, want) {
		t.Errorf("the certificate is for %q, called is %s", served.Spec.DNSNames, want)
	}
	pod := the[*appsv1.Deployment](t, all).Spec.Template.Spec
	if got := pod.Volumes[0].Secret.SecretName; got != served.Spec.SecretName {
		t.Errorf("Secret %s is mounted, the certificate is in %s", got, served.Spec.SecretName)
	}
	if service := the[*corev1.Service](t, all); service.Name != called.Name || service.Spec.Ports[0].Port != *called.Port {
		t.Errorf("Service %s is called, there is %s", called.Name, service.Name)
	}
}

// TestSchemaKnowsEveryValue has values.yaml and its schema name the same.
func TestSchemaKnowsEveryValue(t *testing.T) {
	var given map[string]any
	read(t, "values.yaml", &given)
	var schema schemaNode
	read(t, "values.schema.json", &schema)
	delete(schema.Properties, "global")
	compareValues(t, "", given, schema)
}

type schemaNode struct {
	Properties           map[string]schemaNode
	AdditionalProperties any
}

func compareValues(t *testing.T, prefix string, given map[string]any, schema schemaNode) {
	t.Helper()
	for key, value := range given {
		node, ok := schema.Properties[key]
		if !ok {
			t.Errorf("the schema lacks %s%s", prefix, key)
			continue
		}
		if values, ok := value.(map[string]any); ok && len(values) > 0 && len(node.Properties) > 0 {
			if node.AdditionalProperties != false {
				t.Errorf("the schema lets a misspelt value of %s%s pass", prefix, key)
			}
			compareValues(t, prefix+key+".", values, node)
		}
	}
	for key := range schema.Properties {
		if _, ok := given[key]; !ok {
			t.Errorf("values.yaml lacks %s%s", prefix, key)
		}
	}
}

func TestRefusedValues(t *testing.T) {
	for name, test := range map[string]struct {
		values values
		want   string
	}{
		"misspelt":                      {values{"replica": 3}, "replica"},
		"misspelt below":                {values{"webhook": values{"timeout": 3}}, "timeout"},
		"unknown certMode":              {values{"certMode": "none"}, "certMode"},
		"unknown source":                {values{"configuration": values{"source": "git"}}, "source"},
		"revision of capitals":          {values{"revision": "Canary"}, "revision"},
		"timeout over the limit":        {values{"webhook": values{"timeoutSeconds": 31}}, "timeoutSeconds"},
		"path elsewhere":                {values{"webhook": values{"path": "/mutate"}}, "path"},
		"files without a Secret":        {values{"certMode": "files"}, "secretName"},
		"values without config":         {values{"configuration": values{"source": "values"}}, "config"},
		"authorities in both":           {values{"clientCA": values{"configMapName": "a", "secretName": "b"}}, "clientCA"},
		"authorities by a path":         {values{"clientCA": values{"configMapName": "a", "key": "../token"}}, "key"},
		"bundle that is no PEM":         {values{"certFiles": values{"caBundle": "LS0t"}}, "caBundle"},
		"no replicas":                   {values{"replicas": 0}, "replicas"},
		"no replicas, URL empty":        {values{"replicas": 0, "webhook": values{"url": ""}}, "replicas"},
		"a port for root":               {values{"ports": values{"webhook": 443}}, "webhook"},
		"URL without TLS":               {values{"webhook": values{"url": "http://mesh.example.org/inject"}}, "url"},
		"URL with a query":              {values{"webhook": values{"url": "https://mesh.example.org/inject?timeout=1s"}}, "url"},
		"selector without value":        {values{"webhook": values{"objectSelector": []any{values{"key": "a", "operator": "In"}}}}, "values"},
		"tag of capitals":               {values{"revisionTags": []any{"Prod"}}, "revisionTags"},
		"every namespace of a revision": {values{"revision": "canary", "enableNamespacesByDefault": true}, "enableNamespacesByDefault"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := chart.Render(chart.Release{Values: test.values})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %s", err, test.want)
			}
		})
	}
}

// TestPlain has the plain manifests be without a trace of Helm, and in a
// namespace that they bring.
func TestPlain(t *testing.T) {
	text, err := chart.Plain()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(strings.SplitN(string(text), "---", 2)[1]), "helm") {
		t.Error("it speaks of Helm")
	}
	var all []client.Object
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		if !strings.Contains(document, "apiVersion") {
			continue
		}
		all = append(all, decode(t, document))
	}
	namespace := the[*corev1.Namespace](t, all)
	for _, o := range all {
		if o.GetNamespace() != "" && o.GetNamespace() != namespace.Name {
			t.Errorf("%T %s is in namespace %s", o, o.GetName(), o.GetNamespace())
		}
	}
	var kustomization struct{ Resources []string }
	kustomize, err := os.ReadFile("../../deploy/manifests/kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(kustomize, &kustomization); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Base(chart.PlainFile)}, kustomization.Resources); diff != "" {
		t.Errorf("kustomization's resources (-want +got):\n%s", diff)
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chart.Dir(), name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".json") {
		err = json.Unmarshal(text, into)
	} else {
		err = yaml.UnmarshalStrict(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
